/** The todo-cli program: `run` does the work, `main` is the only CLI code that touches `process`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../core/errors.ts'
import type { LoadAction } from './command.ts'
import type { Context, Env, Flags, ProgramFile } from './context.ts'
import { type Io, wantsColor } from './io.ts'
import { plainLine } from './plain-line.ts'
import { type ReportOptions, report } from './report.ts'

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
    const plain = plainLine(argv)
    if (plain !== undefined) {
      await launch(plain.load, plain.args, plain.flags)
      return exitCode
    }
    const { createProgram } = await import('./program.ts')
    const tree = createProgram(version(), launch, {
      writeOut: (text) => io.stdout.write(text),
      columns: io.stdout.isTTY ? io.stdout.columns : undefined,
    })
    await tree.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, io, reportOptions(argv, io, env))
  } finally {
    await context?.close()
  }
}

/** The command line may be what could not be parsed. What follows `--` are no flags. */
function reportOptions(argv: readonly string[], { stderr }: Io, env: Env): ReportOptions {
  const end = argv.indexOf('--')
  const flags = end === -1 ? argv : argv.slice(0, end)
  return {
    json: flags.includes('--json'),
    verbose: flags.includes('--verbose'),
    color: wantsColor(flags.includes('--no-color') ? false : undefined, env, stderr.isTTY),
  }
}

/** Out of package.json, which lies one folder above both the source and the built program. */
function version(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const interrupt = openInterrupt()
  // A second Ctrl-C finds no handler and ends the process at once.
  process.once('SIGINT', interrupt.abort)
  process.once('SIGTERM', interrupt.abort)
  const { execPath, pid, env } = process
  const streams = openStreams((cause) => {
    // `todo-cli todos list | head -1`: whoever read has gone, which is no failure, and nothing more is to do. A background
    // process goes on: whoever started it was killed, and others find it by its record.
    if (env.TODO_CLI_BACKGROUND === '1') return
    if (cause.code === 'EPIPE') process.exit(0)
    process.exit(report(unwritable(cause), io, reportOptions(argv, io, env)))
  })
  const io: Io = {
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return streams.get('stdout')
    },
    get stderr() {
      return streams.get('stderr')
    },
    get signal() {
      return interrupt.signal()
    },
  }
  const exitCode = await run(argv, io, env, { execPath, entry: process.argv[1] ?? '', pid })
  await streams.written()
  // Kept-alive connections of libraries would hold the process for seconds.
  process.exit(exitCode)
}

const unwritable = (cause: NodeJS.ErrnoException) =>
  new AppError('output-unwritable', `standard output can not be written (${cause.code})`, {
    hint: 'make room there, or write somewhere else',
    cause,
  })

/** Node.js loads AbortController at its first use, and what ends in a few milliseconds is not interrupted. */
function openInterrupt() {
  let controller: AbortController | undefined
  const open = () => {
    controller ??= new AbortController()
    return controller
  }
  return { abort: () => open().abort(), signal: () => open().signal }
}

/** Node.js opens each stream at its first use, which takes milliseconds that most commands need not spend on both. */
function openStreams(onBroken: (cause: NodeJS.ErrnoException) => void) {
  const opened = new Map<'stdout' | 'stderr', NodeJS.WriteStream>()
  return {
    get(name: 'stdout' | 'stderr'): NodeJS.WriteStream {
      const known = opened.get(name)
      if (known !== undefined) return known
      const stream = process[name]
      opened.set(name, stream)
      // What can not be said on standard error can not be said at all.
      return stream.on('error', (cause: NodeJS.ErrnoException) => {
        if (name === 'stdout') onBroken(cause)
      })
    },
    /** What was written has left: a pipe holds 64 kB, and its reader may be slow. */
    async written(): Promise<void> {
      await Promise.all(
        [...opened.values()].map((stream) => new Promise<void>((done) => stream.write('', () => done()))),
      )
    },
  }
}
