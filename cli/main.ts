/** The todo-cli program: `run` does the work, `main` is the only CLI code that touches `process`. */
import { readFileSync } from 'node:fs'
import type { LoadAction } from './command.ts'
import type { Context, Env, Flags, ProgramFile } from './context.ts'
import { type Io, wantsColor } from './io.ts'
import { createProgram } from './program.ts'
import { report } from './report.ts'

/** Runs one command line (without `node` and the script) and returns its exit code. Never throws. */
export async function run(argv: readonly string[], io: Io, env: Env, program: ProgramFile): Promise<number> {
  let exitCode = 0
  let context: Context | undefined
  const launch = async (load: LoadAction, args: readonly string[], flags: Flags) => {
    const [{ createContext }, action] = await Promise.all([import('./context.ts'), load()])
    context = createContext({ io, env, flags, program })
    exitCode = (await action(context, args, flags)) ?? 0
  }
  try {
    const tree = createProgram(version(), launch, {
      writeOut: (text) => io.stdout.write(text),
      columns: io.stdout.isTTY ? io.stdout.columns : undefined,
    })
    await tree.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    const [operands] = [argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined)]
    return report(error, io, {
      json: operands.includes('--json'),
      verbose: operands.includes('--verbose'),
      color: wantsColor(operands.includes('--no-color') ? false : undefined, env, io.stderr.isTTY),
    })
  } finally {
    await context?.close()
  }
}

/** Out of package.json, which lies one folder above both the source and the built program. */
function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}

export async function main(): Promise<void> {
  const interrupt = new AbortController()
  // A second Ctrl-C finds no handler and ends the process at once.
  process.once('SIGINT', () => interrupt.abort())
  process.once('SIGTERM', () => interrupt.abort())
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `todo-cli todos list | head -1`: whoever read has gone, which is no failure.
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  const { argv, execPath, pid, env } = process
  // Node.js opens each stream at its first use, which takes milliseconds that most commands need not spend on all three.
  const io: Io = {
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return process.stdout
    },
    get stderr() {
      return process.stderr
    },
    signal: interrupt.signal,
  }
  const exitCode = await run(argv.slice(2), io, env, { execPath, entry: argv[1] ?? '', pid })
  process.exitCode = exitCode
  // Kept-alive connections of libraries would hold the process for seconds; what was written is given time to leave.
  setTimeout(() => process.exit(exitCode), 50).unref()
}
