/**
 * Where transcripts are played: one local tenant and API that `todo-cli local start` started, on loopback or under the cloud's
 * own names, with an empty HOME, and what else their commands meet.
 */
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect } from 'vitest'
import { writeBadCertificates } from './bad-certificates.ts'
import { runChild } from './child.ts'
import { BIN, searched, spawnCli } from './cli.ts'
import { commandsIn, usageError } from './hints.ts'
import { oddApi } from './odd-api.ts'
import { keepPorts } from './ports.ts'
import {
  EVERYWHERE,
  type Placeholder,
  parseTranscript,
  type RanStep,
  renderTranscript,
  runSteps,
} from './transcript.ts'

export const TRANSCRIPTS = join(import.meta.dirname, '../transcripts')
export const TRANSCRIPT_NAMES = readdirSync(TRANSCRIPTS).filter((name) => name.endsWith('.txt'))

/** They see each other's todos, and each leaves none behind: one plays at a time. */
const TAKE_TURNS: readonly string[] = ['main-job.txt', 'user.txt']

export interface Stage {
  /** What `local start --json` said. */
  readonly status: Readonly<Record<string, string>>
  /** The environment of the commands. */
  readonly variables: Readonly<Record<string, string>>
  /** Plays a transcript in a home of its own, with the profiles of the tenant that all share. */
  play(file: string): Promise<{ ran: RanStep[]; rendered: string }>
  /** Runs the program beside the transcripts, in the home of the tenant. */
  todoCli(...argv: string[]): ReturnType<typeof spawnCli>
  close(): Promise<void>
}

export async function openStage({ cloudNames = false } = {}): Promise<Stage> {
  const root = mkdtempSync(join(tmpdir(), 'transcripts-'))
  const home = join(root, 'home')
  const shared = { TODO_CLI_HOME: home, HOME: join(root, 'empty') }
  const odd = createServer(oddApi)
  const todoCli = (...argv: string[]) => spawnCli(argv, { env: shared })
  mkdirSync(shared.HOME)
  makeBin(join(root, 'bin'))
  odd.listen(0, '127.0.0.1')
  const [started] = await Promise.all([
    todoCli('local', 'start', '--json', ...(cloudNames ? ['--cloud-names'] : [])),
    writeBadCertificates(join(root, 'broken')),
    once(odd, 'listening'),
  ])
  expect(started.exitCode, started.stderr).toBe(0)
  const status = JSON.parse(started.stdout) as Record<string, string>
  const env = JSON.parse((await todoCli('local', 'env', '--json')).stdout) as Record<string, string>
  const { HTTPS_PROXY = '', NO_PROXY = '' } = env
  const program = join(import.meta.dirname, 'programs/disabled-certificate.ts')
  expect(
    await runChild(process.execPath, [program], { cwd: root, env: { ...env, NODE_USE_ENV_PROXY: '1' } }),
  ).toMatchObject({ exitCode: 0 })
  const address = odd.address()
  const variables: Record<string, string> = {
    PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
    HOME: shared.HOME,
    BAD: join(root, 'broken'),
    LOCAL: status.stateDir ?? '',
    VAULT: status.vaultUrl ?? '',
    DAEMON: status.clientId ?? '',
    ODD_API: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`,
    ...(cloudNames ? { HTTPS_PROXY, NO_PROXY } : {}),
  }
  const play: Stage['play'] = async (file) => {
    const cwd = join(root, basename(file, '.txt'))
    const ownHome = join(cwd, 'home')
    mkdirSync(ownHome, { recursive: true, mode: 0o700 })
    symlinkSync(join(home, 'compile-cache'), join(ownHome, 'compile-cache'))
    if (file.startsWith('local')) await keepPorts(join(ownHome, 'local'))
    else copyFileSync(join(home, 'profiles.json'), join(ownHome, 'profiles.json'))
    const { steps, after } = parseTranscript(readFileSync(join(TRANSCRIPTS, file), 'utf8'))
    const ran = await runSteps(steps, { cwd, env: { ...variables, TODO_CLI_HOME: ownHome } })
    return {
      ran,
      rendered: renderTranscript(ran, after, placeholders({ root, ownHome, status, variables })),
    }
  }
  let turn: Promise<unknown> = Promise.resolve()
  return {
    status,
    variables,
    todoCli,
    play: (file) => {
      if (!TAKE_TURNS.includes(file)) return play(file)
      const played = turn.then(() => play(file))
      turn = played.catch(() => {})
      return played
    },
    close: async () => {
      odd.close()
      odd.closeAllConnections()
      await todoCli('local', 'stop')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The programs that transcripts name. */
function makeBin(folder: string): void {
  mkdirSync(folder)
  symlinkSync(BIN, join(folder, 'todo-cli'))
  symlinkSync(BIN.replace('todo-cli', 'todo-api'), join(folder, 'todo-api'))
  for (const name of ['enter-code', 'another-run', 'tenant-setting'])
    symlinkSync(join(import.meta.dirname, `programs/${name}.ts`), join(folder, name))
  symlinkSync(process.execPath, join(folder, 'node'))
}

interface Places extends Pick<Stage, 'status' | 'variables'> {
  readonly root: string
  readonly ownHome: string
}

function placeholders({ root, ownHome, status, variables }: Places): Placeholder[] {
  const origin = (url = '') => (url === '' ? '' : new URL(url).origin)
  const named: Placeholder[] = [
    [origin(status.authority), 'https://localhost:<issuer>'],
    [origin(status.vaultUrl), 'https://localhost:<vault>'],
    [origin(status.graphUrl), 'https://localhost:<graph>'],
    [origin(status.apiUrl), 'https://localhost:<api>'],
    [variables.ODD_API ?? '', 'http://localhost:<odd>'],
    [status.tenantId ?? '', '<tenant id>'],
    [status.clientId ?? '', '<client id>'],
    [status.apiClientId ?? '', '<API client id>'],
    [variables.LOCAL ?? '', '$LOCAL'],
    [variables.BAD ?? '', '$BAD'],
    [ownHome, '$TODO_CLI_HOME'],
    [root, '<root>'],
    [/the code [A-Z]{9}/g, 'the code <CODE>'],
    [/http:\/\/localhost:\d{4,5}/g, 'http://localhost:<port>'],
    [/\bport \d{4,5}\b/g, 'port <port>'],
    [/https:\/\/localhost:\d{4,5}/g, 'https://localhost:<port>'],
  ]
  return [...named.filter(([what]) => what !== ''), ...EVERYWHERE]
}

/** What every command owes, whatever it is asked: no secret, no stack, a known exit code, one error with a way out. */
export async function expectManners(ran: readonly RanStep[]): Promise<void> {
  for (const { command, stdout, stderr, exitCode } of ran) {
    searched({ stdout, stderr, exitCode }, [command])
    expect(stderr, command).not.toMatch(/^\s+at |\.[cm]?[jt]s:\d/m)
    expect([0, 1, 2, 4, 6, 130, 255], command).toContain(exitCode)
    const { errors, hints, others } = spoken(stderr)
    expect(errors.length, command).toBe(hints.length)
    expect(errors.length, command).toBeLessThanOrEqual(1)
    for (const next of [...hints, ...others].flatMap(commandsIn))
      expect({ next, wrong: await usageError(next) }).toEqual({ next, wrong: undefined })
  }
}

/** What was said on standard error: as lines, or as an error in JSON. */
function spoken(stderr: string): { errors: string[]; hints: string[]; others: string[] } {
  const lines = stderr.split('\n').flatMap((line) => {
    if (!line.startsWith('{"error":')) return [line]
    const { error } = JSON.parse(line) as { error: { message: string; hint: string } }
    return [`error: ${error.message}`, `hint: ${error.hint}`]
  })
  const after = (start: string) => lines.filter((line) => line.startsWith(start))
  const others = lines.filter((line) => !/^(error|hint): |^> /.test(line))
  return { errors: after('error: '), hints: after('hint: '), others }
}
