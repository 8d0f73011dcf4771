/**
 * Puts chunks that are loaded together into one file: Node.js takes some 0.2 ms for each file, and esbuild makes a chunk for
 * every set of entry points that share a module, which for the smallest command came to twenty-five.
 *
 * Nothing else changes: each chunk keeps its own scope and is run at its first use, once.
 */
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import type { Metafile } from 'esbuild'

export interface Pack {
  readonly name: string
  /** Sources. Their chunks are packed, and all that these import. */
  readonly roots: readonly string[]
}

/**
 * Replaces the chunks of each pack in `files`, CommonJS code by its path below `root`, by one file in the same folder. A chunk
 * goes into the first pack that has it; an entry point stays, for it is asked for by name.
 */
export function pack(
  files: Map<string, string>,
  { outputs }: Metafile,
  root: string,
  packs: readonly Pack[],
): void {
  const fileOf = new Map<string, string>()
  const members = packs.map(({ name, roots }) => {
    const chunks = [...imported(roots, outputs)].filter(
      (path) => /\/chunks\//.test(path) && !fileOf.has(basename(path)),
    )
    const hash = createHash('sha256')
      .update(
        chunks
          .toSorted()
          .map((path) => basename(path))
          .join(),
      )
      .digest('hex')
    const file = `${name}-${hash.slice(0, 8)}.cjs`
    for (const path of chunks) fileOf.set(basename(path), file)
    return { file, chunks }
  })
  for (const { file, chunks } of members) {
    const bodies: string[] = []
    for (const path of chunks) {
      const code = throughPacks(files.get(join(root, path)) as string, fileOf, file)
      bodies.push(`${JSON.stringify(basename(path))}(module,exports){${code}\n}`)
      files.delete(join(root, path))
    }
    const folder = join(root, chunks[0] as string, '..')
    files.set(join(folder, file), `const __chunks={${bodies.join(',')}};${RUNTIME}`)
  }
  for (const [path, code] of files) files.set(path, throughPacks(code, fileOf))
}

/** What `require` does, for the chunks of this file. */
const RUNTIME =
  'const __run=new Map(),__chunk=(name)=>{let module=__run.get(name);' +
  'if(!module){__run.set(name,module={exports:{}});__chunks[name](module,module.exports)}return module.exports};' +
  'module.exports=__chunk;\n'

/** The outputs that hold `roots`, and those that they can not start without. */
function imported(roots: readonly string[], outputs: Metafile['outputs']): Set<string> {
  const found = new Set<string>()
  const visit = (path: string) => {
    if (found.has(path)) return
    found.add(path)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && next in outputs) visit(next)
    }
  }
  for (const source of roots) {
    const holder = Object.keys(outputs).find((path) => source in (outputs[path]?.inputs ?? {}))
    if (holder === undefined) throw new Error(`no chunk has ${source}`)
    visit(holder)
  }
  return found
}

/** Asks the packs for the chunks that are in them; `own` is the pack that the code is in. */
function throughPacks(code: string, fileOf: ReadonlyMap<string, string>, own?: string): string {
  return code.replace(/require\("((?:\.{1,2}\/)+(?:chunks\/)?)([^"/]+\.cjs)"\)/g, (all, folder, chunk) => {
    const file = fileOf.get(chunk)
    if (file === undefined) return all
    return file === own ? `__chunk("${chunk}")` : `require("${folder}${file}")("${chunk}")`
  })
}
