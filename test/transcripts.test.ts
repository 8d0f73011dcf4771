/**
 * Runs the transcripts: child processes of the built program, against one local tenant and API that `todo-cli local start`
 * started, with an empty HOME. After a change that is meant, `npx vitest run test/transcripts.test.ts -u` writes them anew.
 */
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ClientCertificateCredential } from '@azure/identity'
import { CertificateClient } from '@azure/keyvault-certificates'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../core/errors.ts'
import { writeBadCertificates } from './support/bad-certificates.ts'
import { BIN, searched, spawnCli } from './support/cli.ts'
import { PEOPLES_COMMANDS } from './support/commands.ts'
import { commandsIn, usageError } from './support/hints.ts'
import { oddApi } from './support/odd-api.ts'
import {
  EVERYWHERE,
  type Placeholder,
  parseTranscript,
  type RanStep,
  renderTranscript,
  runSteps,
} from './support/transcript.ts'

const FOLDER = join(import.meta.dirname, 'transcripts')
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))

const root = mkdtempSync(join(tmpdir(), 'transcripts-'))
const home = join(root, 'home')
const shared = { TODO_CLI_HOME: home, HOME: join(root, 'empty') }
const odd = createServer(oddApi)
let status: Record<string, string>
let variables: Record<string, string>

beforeAll(async () => {
  mkdirSync(shared.HOME)
  mkdirSync(join(root, 'bin'))
  symlinkSync(BIN, join(root, 'bin/todo-cli'))
  symlinkSync(BIN.replace('todo-cli', 'todo-api'), join(root, 'bin/todo-api'))
  for (const name of ['enter-code', 'another-run', 'tenant-setting'])
    symlinkSync(join(import.meta.dirname, `support/programs/${name}.ts`), join(root, 'bin', name))
  symlinkSync(process.execPath, join(root, 'bin/node'))
  odd.listen(0, '127.0.0.1')
  const [started] = await Promise.all([
    spawnCli(['local', 'start', '--json'], { env: shared }),
    writeBadCertificates(join(root, 'broken')),
    once(odd, 'listening'),
  ])
  expect(started.exitCode, started.stderr).toBe(0)
  status = JSON.parse(started.stdout)
  await makeDisabledCertificate()
  const address = odd.address()
  variables = {
    PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
    HOME: shared.HOME,
    BAD: join(root, 'broken'),
    LOCAL: status.stateDir ?? '',
    VAULT: status.vaultUrl ?? '',
    DAEMON: status.clientId ?? '',
    ODD_API: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`,
  }
})

afterAll(async () => {
  odd.close()
  odd.closeAllConnections()
  await spawnCli(['local', 'stop'], { env: shared })
  rmSync(root, { recursive: true, force: true })
})

/** A certificate that its owner switched off, which no command of todo-cli does. */
async function makeDisabledCertificate(): Promise<void> {
  const tlsOptions = { ca: readFileSync(status.caFile ?? '', 'utf8') }
  const credential = new ClientCertificateCredential(
    status.tenantId ?? '',
    status.vaultClientId ?? '',
    { certificatePath: status.vaultCertificateFile ?? '' },
    { authorityHost: new URL(status.authority ?? '').origin, disableInstanceDiscovery: true, tlsOptions },
  )
  const options = { disableChallengeResourceVerification: true, tlsOptions }
  const client = new CertificateClient(status.vaultUrl ?? '', credential, options)
  const policy = { issuerName: 'Self', subject: 'CN=disabled' }
  const poller = await client.beginCreateCertificate('disabled', policy, { enabled: false, intervalInMs: 50 })
  await poller.pollUntilDone()
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

/** A home of its own for each transcript, with the profiles of the tenant that all share. */
async function play(file: string): Promise<{ ran: RanStep[]; rendered: string }> {
  const cwd = join(root, basename(file, '.txt'))
  const ownHome = join(cwd, 'home')
  mkdirSync(ownHome, { recursive: true, mode: 0o700 })
  symlinkSync(join(home, 'compile-cache'), join(ownHome, 'compile-cache'))
  if (!file.startsWith('local')) copyFileSync(join(home, 'profiles.json'), join(ownHome, 'profiles.json'))
  const { steps, after } = parseTranscript(readFileSync(join(FOLDER, file), 'utf8'))
  const ran = await runSteps(steps, { cwd, env: { ...variables, TODO_CLI_HOME: ownHome } })
  return { ran, rendered: renderTranscript(ran, after, placeholders(ownHome)) }
}

function placeholders(ownHome: string): Placeholder[] {
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

describe.skipIf(process.platform === 'win32').concurrent.each(files)('the transcript %s', (file) => {
  it('is what the program does, without a secret, a stack or a dead end', { timeout: 180_000 }, async ({
    expect,
  }) => {
    const { ran, rendered } = await play(file)
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
    await expect(rendered).toMatchFileSnapshot(join(FOLDER, file))
  })
})

const texts = files.map((file) => readFileSync(join(FOLDER, file), 'utf8')).join('\n')

/** Codes that nothing outside of the program provokes. */
const UNPROVOKED: readonly ErrorCode[] = [
  // A defect: what is known to provoke one is mended.
  'internal',
]

describe('the transcripts', () => {
  const provoked = new Set(
    [...texts.matchAll(/^2> (?:\{"error":\{"code":"([a-z-]+)"|error: .* \[([a-z-]+)\]$)/gm)].map(
      ([, ofCli, ofApi]) => ofCli ?? ofApi,
    ),
  )

  it.each(Object.keys(ERRORS).filter((code) => !UNPROVOKED.some((each) => each === code)))(
    'provoke the error %s',
    (code) => expect([...provoked]).toContain(code),
  )

  it('provoke none of those that are said to be beyond them', () => {
    expect(UNPROVOKED.filter((code) => provoked.has(code))).toEqual([])
  })

  it.each(PEOPLES_COMMANDS)('show "todo-cli %s", good and bad', (path) => {
    const exits = [...texts.matchAll(new RegExp(`^\\$ .*todo-cli ${path}\\b[^]*?^\\[exit (\\d+)\\]$`, 'gm'))]
    expect(new Set(exits.map(([, exit]) => exit === '0')).size).toBe(2)
  })
})
