/**
 * todo-cli under test: in this process over `run` (fast, and its Io is a test's own), or as a child process over the built
 * program, as a user starts it. Whatever either writes is searched for secrets.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, expect } from 'vitest'
import { run } from '../../cli/main.ts'

export interface CliResult {
  readonly stdout: string
  readonly stderr: string
  /** Null where a signal ended the process. */
  readonly exitCode: number | null
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly stdin?: string
  /** Standard output, error and input are a terminal. Of `runCli` only. */
  readonly tty?: boolean
  readonly columns?: number
  readonly signal?: AbortSignal
}

/** The built program. `npm test` builds it first. */
export const BIN = join(import.meta.dirname, '../../dist/todo-cli.cjs')

/** Runs one command line in this process. `process.env` is not looked at and not touched. */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { env = {}, stdin = '', tty = false, columns, signal = new AbortController().signal } = options
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written) => {
    const stream = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _, done) => {
        written[name] += chunk
        done()
      },
    })
    return Object.assign(stream, { isTTY: tty, columns })
  }
  const io = {
    stdin: Object.assign(Readable.from(stdin === '' ? [] : [stdin]), { isTTY: tty }),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    signal,
  }
  const program = { execPath: process.execPath, entry: BIN, pid: process.pid }
  const exitCode = await run(argv, io, env, program)
  return searched({ ...written, exitCode }, argv)
}

export interface StartedCli {
  readonly pid: number | undefined
  kill(signal: NodeJS.Signals): boolean
  readonly ended: Promise<CliResult>
}

export interface SpawnOptions extends Pick<CliOptions, 'env' | 'stdin'> {
  readonly cwd?: string | undefined
  /** Runs as this user, which only root can ask for. */
  readonly uid?: number | undefined
}

/** Starts the built program with no variable but those of `env` and a PATH. */
export function startCli(argv: readonly string[], options: SpawnOptions = {}): StartedCli {
  const { env = {}, stdin = '', cwd, uid } = options
  const child = spawn(process.execPath, [BIN, ...argv], {
    cwd,
    env: { PATH: dirname(process.execPath), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  child.stdin.on('error', () => {}).end(stdin)
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('exit', resolve)
  })
  const ended = Promise.all([text(child.stdout), text(child.stderr), exit]).then(
    ([stdout, stderr, exitCode]) => searched({ stdout, stderr, exitCode }, argv),
  )
  return { pid: child.pid, kill: (signal) => child.kill(signal), ended }
}

/** Runs the built program to its end. */
export async function spawnCli(argv: readonly string[], options: SpawnOptions = {}): Promise<CliResult> {
  return startCli(argv, options).ended
}

/** A folder of a test file's own, removed after it, and a TODO_CLI_HOME in it. */
export function temporaryHome(): { readonly folder: string; readonly env: { TODO_CLI_HOME: string } } {
  const folder = mkdtempSync(join(tmpdir(), 'todo-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, env: { TODO_CLI_HOME: join(folder, 'home') } }
}

const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /PRIVATE KEY-----/],
  // PKCS#8 of RSA begins so whatever the key: INTEGER 0, rsaEncryption, OCTET STRING.
  ['the base64 of a private key', /IBADANBgkqhkiG9w0BAQEFAASC/],
  // PKCS#1: INTEGER 0, then the modulus.
  ['the base64 of an RSA key', /\bMII[A-Za-z0-9+/]{3}IBAAKCA/],
  ['a client secret', /[\w.~-]{3}\dQ~[\w.~-]{31,}/],
]

/** A JWT with its signature: an access token or a client assertion. */
const TOKEN = /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/

/** Fails where a key, a client secret or a signed token was written; `token get` may write its token to stdout. */
export function searched(result: CliResult, argv: readonly string[] = []): CliResult {
  const prints = argv.join(' ').includes('token get')
  const all = result.stdout + result.stderr
  for (const [what, pattern] of SECRETS) expect(pattern.test(all), `${what} was written`).toBe(false)
  expect(TOKEN.test(prints ? result.stderr : all), 'a token was written').toBe(false)
  return result
}

/** Asserts an error: its exit code, one line for it and one for its hint, nothing on stdout, and no stack. */
export function expectError({ stdout, stderr, exitCode }: CliResult, code: number, message: RegExp | string) {
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: code,
    stdout: '',
    stderr: expect.stringMatching(/^(warning: .+\n)*error: .+\n( {2}.+\n)*(hint: .+\n)?$/),
  })
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/^\s+at |node_modules|\.[jt]s:\d/m)
}
