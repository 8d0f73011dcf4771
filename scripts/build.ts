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

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist')
// Built beside dist/ and moved into place, so that a program that runs meanwhile never meets half a build.
const FRESH = join(ROOT, `.dist-${process.pid}`)

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
  await mkdir(join(FRESH, 'chunks'), { recursive: true })
  await Promise.all(outputFiles.map(async (file) => writeFile(file.path, await toCommonJs(file))))
  return metafile
}

/** CommonJS chunks: Node.js starts them in two thirds of the time that it takes for the same ES modules. */
async function toCommonJs({ path, text }: OutputFile): Promise<string> {
  const usesUrl = text.includes('import.meta.url')
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    supported: { 'dynamic-import': false },
    minify: true,
    ...(usesUrl
      ? {
          define: { 'import.meta.url': MODULE_URL },
          banner: `const ${MODULE_URL}=require('node:url').pathToFileURL(__filename).href;`,
        }
      : {}),
  })
  if (code.includes('import.meta'))
    throw new Error(`${basename(dirname(path))}/${basename(path)} still has import.meta`)
  return code
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
