/**
 * Takes work out of the start of bundled libraries that nothing here needs. Each change names the text that it replaces, and
 * the build fails where a new version no longer has it, so that none outlives its reason.
 */
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

interface Change {
  readonly file: RegExp
  readonly text: string
  readonly replacement: string
}

const CHANGES: readonly Change[] = [
  {
    // Two list formatters for error messages, made when got is loaded: 30 ms of Unicode data, as long as Node.js takes to start.
    file: /@sindresorhus\/is\/distribution\/index\.js$/,
    text: "const andFormatter = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });",
    replacement:
      "const andFormatter = { format: list => new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(list) };",
  },
  {
    file: /@sindresorhus\/is\/distribution\/index\.js$/,
    text: "const orFormatter = new Intl.ListFormat('en', { style: 'long', type: 'disjunction' });",
    replacement:
      "const orFormatter = { format: list => new Intl.ListFormat('en', { style: 'long', type: 'disjunction' }).format(list) };",
  },
]

export const lighten: Plugin = {
  name: 'lighten',
  setup(build) {
    const files = new Set(CHANGES.map(({ file }) => file.source))
    for (const source of files) {
      const changes = CHANGES.filter(({ file }) => file.source === source)
      build.onLoad({ filter: new RegExp(source) }, async ({ path }) => {
        let contents = await readFile(path, 'utf8')
        for (const { text, replacement } of changes) {
          if (!contents.includes(text)) throw new Error(`${path} no longer has: ${text}`)
          contents = contents.replace(text, () => replacement)
        }
        return { contents, loader: 'js' }
      })
    }
  },
}
