/**
 * Builds dist/: the two bins, and the program in chunks that are loaded when they are needed. Everything is bundled, so the
 * installed package has no dependencies; what is bundled is listed with its licences in dist/THIRD-PARTY-LICENSES.txt.
 * See docs/decisions/0002-bundle-everything.md.
 */
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { build, type Metafile, type OutputFile, transform } from 'esbuild'
import { writeHelpFiles } from './help-files.ts'
import { thirdPartyLicences } from './licences.ts'
import { lighten } from './lighten.ts'
import { type Pack, pack } from './pack.ts'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist')
// Built beside dist/ and moved into place, so that a program that runs meanwhile never meets half a build.
const FRESH = join(ROOT, `.dist-${process.pid}`)

/** What every command loads, what every one loads that reads a certificate, and what every one loads that asks the API. */
const PACKS: readonly Pack[] = [
  { name: 'base', roots: ['cli/main.ts', 'cli/context.ts'] },
  { name: 'certificate', roots: ['cli/certificate-argument.ts', 'cli/commands/cert/thumbprint.ts'] },
  {
    name: 'todos',
    roots: ['commands/todos/list', 'todo-client', 'http', 'agents', 'auth/tokens', 'auth/token-cache'].map(
      (name) => `cli/${name}.ts`,
    ),
  },
]

const MODULE_URL = '__moduleUrl'

/** esbuild splits ES modules only, so the chunks are made as such and then turned, see {@link toCommonJs}. */
async function buildProgram(): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { cli: 'cli/main.ts', api: 'api/main.ts', tenant: 'tenant/server.ts' },
    outdir: FRESH,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: 'chunks/[name]-[hash]',
    external: ['pg-native'],
    legalComments: 'none',
    plugins: [lighten],
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  const files = new Map(
    await Promise.all(outputFiles.map(async (file) => [file.path, await toCommonJs(file)] as const)),
  )
  pack(files, metafile, ROOT, PACKS)
  await mkdir(join(FRESH, 'chunks'), { recursive: true })
  await Promise.all([...files].map(([path, code]) => writeFile(path, code)))
  return metafile
}

/** CommonJS chunks: Node.js starts them in two thirds of the time that it takes for the same ES modules. */
async function toCommonJs({ path, text }: OutputFile): Promise<string> {
  const name = `${basename(dirname(path))}/${basename(path)}`
  const options = { format: 'cjs', platform: 'node', target: 'node24' } as const
  // Who imports the tenant from an ES module finds its names by a note of esbuild's, which a second pass would drop.
  const isPublic = basename(path) === 'tenant.cjs'
  const { code: first } = await transform(text, {
    ...options,
    minify: isPublic,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': MODULE_URL },
    banner: text.includes('import.meta.url')
      ? `const ${MODULE_URL}=require('node:url').pathToFileURL(__filename).href;`
      : '',
  })
  const { code } = isPublic
    ? { code: first }
    : await transform(withGetters(first, name), { ...options, minify: true, treeShaking: true })
  if (code.includes('import.meta')) throw new Error(`${name} still has import.meta`)
  return code
}

/** How esbuild writes down what a module exports. */
const EXPORTS = /var (\w+) = \{\};\n__export\(\1, \{\n([^}]*)\n\}\);\nmodule\.exports = __toCommonJS\(\1\);/

/**
 * Exports as an object of getters, as live as what esbuild makes, which for every import of every chunk loops over
 * Object.defineProperty: a tenth of the start.
 */
function withGetters(code: string, name: string): string {
  const quick = code
    .replace(EXPORTS, (_, _exports, list: string) => {
      const getters = list.replace(/^ *(\S+): \(\) => (.*?)(,?)$/gm, 'get $1() { return $2 }$3')
      return `module.exports = { __esModule: true, ${getters} };`
    })
    .replace(/__toESM\((require\("\.[^"]*"\))\)\)/g, '$1)')
  if (quick.includes('= __toCommonJS(')) throw new Error(`${name} has exports in a form that is not known`)
  return quick
}

/** The bins are parsed by whatever Node.js is there, so that an old one can be told what is needed. */
async function buildBins(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { 'todo-cli': 'cli/boot.ts', 'todo-api': 'api/boot.ts' },
    outdir: FRESH,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'es2017',
    external: ['./cli.cjs', './api.cjs'],
    // Before 14.18 Node.js knows no module by the name "node:fs".
    alias: { 'node:fs': 'fs', 'node:path': 'path' },
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  })
  for (const bin of ['todo-cli.cjs', 'todo-api.cjs']) await chmod(join(FRESH, bin), 0o755)
}

/** What authors of plugins test with: see docs/certificate-sources.md. vitest is their own. */
async function buildSourceContract(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { 'source-contract': 'test/contract/plugin.ts' },
    outdir: FRESH,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['vitest'],
    legalComments: 'none',
    logLevel: 'warning',
  })
  await copyFile(join(ROOT, 'scripts/source-contract.d.mts'), join(FRESH, 'source-contract.d.mts'))
}

await mkdir(FRESH, { recursive: true })
try {
  const metafile = await buildProgram()
  await buildBins()
  await buildSourceContract()
  await writeHelpFiles(join(FRESH, 'help'))
  await copyFile(join(ROOT, 'scripts/tenant.d.cts'), join(FRESH, 'tenant.d.cts'))
  await writeFile(
    join(FRESH, 'THIRD-PARTY-LICENSES.txt'),
    await thirdPartyLicences(ROOT, Object.keys(metafile.inputs)),
  )
  await rm(OUT, { recursive: true, force: true })
  await rename(FRESH, OUT)
} finally {
  await rm(FRESH, { recursive: true, force: true })
}
