import { Readable } from 'node:stream'
import { run } from '../../cli/main.ts'
import { BIN, type CliResult, searched } from './cli.ts'
import { type PageVisit, visit } from './device-page.ts'

/** `todo-cli login`, with somebody who opens the page that it names; without a visit it is interrupted there. */
export async function logIn(
  env: Readonly<Record<string, string>>,
  page?: PageVisit,
  flags: readonly string[] = [],
): Promise<CliResult> {
  const interrupt = new AbortController()
  const written = { stdout: '', stderr: '' }
  let visited: Promise<unknown> | undefined
  const stderr = (text: string) => {
    written.stderr += text
    const [, url = '', code = ''] = /open the page (\S+) and enter the code (\S+)/.exec(text) ?? []
    if (code === '' || visited) return
    if (page) visited = visit(url, code, page)
    else interrupt.abort()
  }
  const io = {
    stdin: Readable.from([]),
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: stderr },
    signal: interrupt.signal,
  }
  const program = { execPath: process.execPath, entry: BIN, pid: process.pid }
  const exitCode = await run(['login', ...flags], io, env, program)
  await visited
  return searched({ ...written, exitCode })
}
