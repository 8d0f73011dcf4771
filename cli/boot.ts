/**
 * What the bin `todo-cli` starts with: refuses an old Node.js in one line, prints a help, or turns on the compile cache and
 * loads the program.
 *
 * Built to CommonJS that any Node.js can parse. It is apart from main.ts so that the cache is on before the program is compiled.
 */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nodeTooOld } from '../core/node-version.ts'

const refusal = nodeTooOld('todo-cli', process.versions.node)
const help = refusal ? undefined : writtenHelp()
if (refusal) {
  process.stderr.write(`error: ${refusal}\n`)
  process.exitCode = 2
} else if (help) {
  // `todo-cli --help | head -1`: whoever read has gone, which is no failure.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exitCode = code === 'EPIPE' ? 0 : 1
  })
  process.stdout.write(help)
} else {
  enableCompileCache()
  void (require('./cli.cjs') as { main(): Promise<void> }).main()
}

/**
 * The help that is asked for, as the build has written it down for 80 columns: whoever looks something up does not wait for
 * the program. Undefined for anything else, which the program answers.
 */
function writtenHelp(): string | undefined {
  const words = process.argv.slice(2)
  const last = words.pop() || ''
  if (!/^(--help|-h)$/.test(last) || !words.every((word) => /^[a-z]+(-[a-z]+)*$/.test(word))) return undefined
  if (process.stdout.isTTY && process.stdout.columns !== 80) return undefined
  try {
    return readFileSync(join(__dirname, 'help', `${words.join('.') || 'todo-cli'}.txt`), 'utf8')
  } catch (_) {
    return undefined
  }
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
    // Not `recursive`: Node's never ends below a folder that can hold none, such as /proc.
    for (const each of [dirname(base), base, folder]) {
      try {
        mkdirSync(each, { mode: 0o700 })
      } catch (_) {
        // It is there, or the next line says that it is not.
      }
    }
    chmodSync(folder, 0o700)
    const { enableCompileCache } = require('node:module') as typeof import('node:module')
    enableCompileCache(folder)
  } catch (_) {
    // Without the cache the program only starts more slowly.
  }
}
