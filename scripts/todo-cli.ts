import type { Io } from '../cli/io.ts'
import { run } from '../cli/main.ts'

/** Runs a command of todo-cli out of its source, with the flags that this script was given. */
export async function runTodoCli(...command: readonly string[]): Promise<void> {
  const { argv, execPath, pid, stdin, stdout, stderr, env } = process
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  const io: Io = { stdin, stdout, stderr, signal: interrupt.signal }
  const exitCode = await run([...command, ...argv.slice(2)], io, env, { execPath, entry: argv[1] ?? '', pid })
  process.exit(exitCode)
}
