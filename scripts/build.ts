/**
 * Builds dist/: the two bins, and the program in chunks that are loaded when they are needed. Everything is bundled, so the
 * installed package has no dependencies; what is bundled is listed with its licences in dist/THIRD-PARTY-LICENSES.txt.
 * See docs/decisions/0002-bundle-everything.md.
 */
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { thirdPartyLicences } from './licences.ts'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'dist')
// Built beside dist/ and moved into place, so that a program that runs meanwhile never meets half a build.
const FRESH = join(ROOT, `.dist-${process.pid}`)

/** CommonJS that is bundled into ESM calls `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

async function buildProgram(): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { cli: 'cli/main.ts', api: 'api/main.ts' },
    outdir: FRESH,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: REQUIRE },
    external: ['pg-native'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  return metafile
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
    supported: { 'dynamic-import': true },
    external: ['./cli.js', './api.js'],
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  })
  for (const bin of ['todo-cli.cjs', 'todo-api.cjs']) await chmod(join(FRESH, bin), 0o755)
}

await mkdir(FRESH, { recursive: true })
try {
  const metafile = await buildProgram()
  await buildBins()
  await writeFile(
    join(FRESH, 'THIRD-PARTY-LICENSES.txt'),
    await thirdPartyLicences(ROOT, Object.keys(metafile.inputs)),
  )
  await rm(OUT, { recursive: true, force: true })
  await rename(FRESH, OUT)
} finally {
  await rm(FRESH, { recursive: true, force: true })
}
