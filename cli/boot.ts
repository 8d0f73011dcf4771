/**
 * What the bin `todo-cli` starts with: refuses an old Node.js in one line, turns on the compile cache, loads the program.
 *
 * Built to CommonJS that any Node.js can parse. It is apart from main.ts so that the cache is on before the program is compiled.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { nodeTooOld } from '../core/node-version.ts'

const refusal = nodeTooOld('todo-cli', process.versions.node)
if (refusal) {
  process.stderr.write(`error: ${refusal}\n`)
  process.exitCode = 2
} else {
  enableCompileCache()
  void (require('./cli.cjs') as { main(): Promise<void> }).main()
}

/** In a 0700 folder of the user's, never in Node's shared default: who can write there can run code here. */
function enableCompileCache(): void {
  const { TODO_CLI_HOME, XDG_CACHE_HOME, HOME, NODE_DISABLE_COMPILE_CACHE } = process.env
  const base =
    TODO_CLI_HOME ||
    (XDG_CACHE_HOME?.startsWith('/')
      ? join(XDG_CACHE_HOME, 'todo-cli')
      : HOME && join(HOME, '.cache', 'todo-cli'))
  if (!base || NODE_DISABLE_COMPILE_CACHE) return
  try {
    const folder = join(base, 'compile-cache')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    const { enableCompileCache } = require('node:module') as typeof import('node:module')
    enableCompileCache(folder)
  } catch {
    // Without the cache the program only starts more slowly.
  }
}
