/** The only catch-all of the CLI: whatever was thrown becomes one clear message on stderr and an exit code. */
import type { CommanderError } from 'commander'
import { AppError } from '../core/errors.ts'
import { type Io, printable } from './io.ts'
import { styled } from './style.ts'

export interface ReportOptions {
  readonly json: boolean
  readonly verbose: boolean
  readonly color: boolean
}

/** Writes the error and returns the exit code. */
export function report(thrown: unknown, io: Io, { json, verbose, color }: ReportOptions): number {
  if (isCommanderError(thrown) && thrown.exitCode === 0) return 0
  const error = toReported(thrown, io)
  const exitCode =
    (thrown instanceof Error && error.code !== 'interrupted' && EXIT_CODES.get(thrown)) || error.exitCode
  if (json) {
    const { code, message, hint, serviceCode } = error
    const details = error.details.length > 0 ? error.details : undefined
    io.stderr.write(`${JSON.stringify({ error: { code, message, details, hint, serviceCode, exitCode } })}\n`)
    return exitCode
  }
  io.stderr.write(`${styled('error:', 'error', color)} ${printable(error.message)}\n`)
  for (const line of error.details) io.stderr.write(`  ${printable(line)}\n`)
  if (error.hint !== undefined)
    io.stderr.write(`${styled('hint:', 'strong', color)} ${printable(error.hint)}\n`)
  if (verbose) for (const line of causesOf(error)) io.stderr.write(`${styled(`> ${line}`, 'faint', color)}\n`)
  return exitCode
}

function toReported(thrown: unknown, io: Io): AppError {
  const interrupted = thrown instanceof AppError && thrown.code === 'interrupted'
  if (io.signal.aborted && !interrupted) return new AppError('interrupted', 'interrupted')
  if (thrown instanceof AppError) return thrown
  if (isCommanderError(thrown)) return usageError(thrown)
  return new AppError(
    'internal',
    `unexpected: ${redact(thrown instanceof Error ? thrown.message : String(thrown))}`,
    {
      hint: 'this is a defect; run it again with --verbose and report what it says',
      cause: thrown,
    },
  )
}

/** By its code: commander's class is not loaded for a plain line. */
const isCommanderError = (thrown: unknown): thrown is CommanderError =>
  thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('commander.')

/** commander says `error: unknown option '--x'\n(Did you mean --y?)`. */
function usageError(error: CommanderError): AppError {
  const hint = HINTS.get(error) ?? 'todo-cli --help'
  if (error.code === 'commander.help') {
    const details = SUBCOMMANDS.get(error)
    return new AppError('usage', 'no command was given; there are:', { hint, details })
  }
  const [first = 'wrong usage', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const [, command, surplus] = /^too many arguments for '(.+?)'.*? but got \d+: (.*)\.$/.exec(first) ?? []
  if (command !== undefined)
    return new AppError('usage', `too many arguments for ${command}: ${surplus}`, { hint })
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '')
  return new AppError('usage', suggestion === '' ? first : `${first} (${suggestion})`, { hint })
}

/** Which help to read, for the usage errors of one command. Filled where commander throws. */
export const HINTS = new WeakMap<Error, string>()

/** What could have been typed where no command was. Filled where commander throws. */
export const SUBCOMMANDS = new WeakMap<Error, readonly string[]>()

/** Exit codes of errors in a command that has its own (`cert needs-renewal`). Filled where such a command is run. */
export const EXIT_CODES = new WeakMap<Error, number>()

/** What lies behind an error, for `--verbose`. */
export function causesOf(error: AppError): string[] {
  const lines: string[] = []
  for (
    let at: unknown = error.cause, depth = 0;
    at instanceof Error && depth < 5;
    at = at.cause, depth += 1
  ) {
    const code = 'code' in at && typeof at.code === 'string' ? ` (${at.code})` : ''
    lines.push(`${at.name}${code}: ${redact(printable(at.message))}`)
    if (error.code === 'internal')
      lines.push(
        ...(at.stack ?? '')
          .split('\n')
          .slice(1)
          .map((line) => line.trim()),
      )
  }
  return lines
}

/** Removes what looks like a token or a key: a cause is a library's text, and nobody here has read it. */
export function redact(text: string): string {
  return text
    .replace(/eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '[token]')
    .replace(/\b(Bearer|Basic) [\w.~+/=-]{16,}/g, '$1 [hidden]')
    .replace(/\/\/[^\s/]+@/g, '//[hidden]@')
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[pem]')
    .replace(
      /((?:client_secret|client_assertion|access_token|password|passphrase)["']?\s*[=:]\s*["']?)[^\s"'&,}]+/gi,
      '$1[hidden]',
    )
}
