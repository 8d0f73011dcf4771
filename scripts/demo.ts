/**
 * `npm run demo`: the main job, in child processes as a user would type them, with no cloud account.
 *
 * It has a TODO_CLI_HOME and a folder of its own, which are removed at the end, so it neither finds nor leaves anything.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CLI = join(import.meta.dirname, '..', 'dist', 'todo-cli.cjs')

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** What a step expects of its command. */
interface Expectation {
  readonly exitCode?: number
  /** Each must be in the output. */
  readonly says?: readonly string[]
  /** False where the demo itself needs the output. */
  readonly show?: boolean
}

class StepFailed extends Error {}

const folder = await mkdtemp(join(tmpdir(), 'todo-cli-demo-'))
// Nothing of the user's own configuration takes part, and no proxy is asked for loopback.
const inherited = Object.entries(process.env).filter(
  ([name]) =>
    !/^(TODO_CLI_|AZURE_|IDENTITY_|CLIENT_|CERT|TENANT_ID|AUTHORITY|SCOPES|API_ENDPOINT|KEY_VAULT_URL|VAULT_|https?_proxy$)/i.test(
      name,
    ),
)
const env = { ...Object.fromEntries(inherited), TODO_CLI_HOME: join(folder, 'home') }
let child: ReturnType<typeof spawn> | undefined

/** On a terminal the command writes to it itself, as a user would see it; in a pipe its output is checked as well. */
const onTerminal = process.stdout.isTTY === true

function todoCli(argv: readonly string[], { show = onTerminal } = {}): Promise<Ended> {
  if (show) return todoCliOnTerminal(argv)
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [CLI, ...argv], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    let stdout = ''
    let stderr = ''
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      process.stdout.write(text)
    })
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      process.stdout.write(text)
    })
    started.on('error', reject)
    started.on('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, stdout, stderr }))
  })
}

function todoCliOnTerminal(argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [CLI, ...argv], {
      cwd: folder,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child = started
    started.on('error', reject)
    started.on('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, stdout: '', stderr: '' }))
  })
}

async function step(
  argv: readonly string[],
  { exitCode = 0, says = [], show }: Expectation = {},
): Promise<Ended> {
  const line = `todo-cli ${argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`
  process.stdout.write(`\n$ ${line}\n`)
  const ended = await todoCli(argv, show === undefined ? {} : { show })
  if (exitCode !== 0) process.stdout.write(`[exit ${ended.exitCode}]\n`)
  if (ended.exitCode !== exitCode)
    throw new StepFailed(`"${line}" ended with ${ended.exitCode}, not ${exitCode}`)
  const checked = show === false || !onTerminal
  const missing = says.find((text) => checked && !`${ended.stdout}${ended.stderr}`.includes(text))
  if (missing !== undefined) throw new StepFailed(`"${line}" did not say "${missing}"`)
  return ended
}

const title = (text: string) => process.stdout.write(`\n# ${text}\n`)

async function demo(): Promise<void> {
  title('A local tenant (issuer, key vault, Graph) and the todo API, over HTTPS on loopback')
  await step(['local', 'start'], { says: ['authority'] })
  const { stdout: vaultUrl } = await step(['config', 'get', 'keyVaultUrl'], { show: false })

  title('A certificate on disk, and its public part registered with the app')
  await step(['cert', 'create', 'daemon'])
  await step(['cert', 'thumbprint', 'certs/daemon.pem'], { says: ['x5t#S256'] })
  await step(['app', 'credential', 'add', 'certs/daemon.crt'], { says: ['registered'] })
  await step(['config', 'set', 'certificateFile', join(folder, 'certs', 'daemon.pem')])

  title('A certificate in the key vault, whose private key never leaves it')
  await step(['cert', 'create', 'daemon', '--vault', vaultUrl.trim()], { says: ['never leaves it'] })
  await step(['app', 'credential', 'add', 'vault:daemon'], { says: ['registered'] })
  await step(['config', 'set', 'certificateName', 'daemon'])

  title('One command, three credentials')
  await step(['todos', 'list', '--auth', 'secret'], { says: ['Water plants'] })
  await step(['todos', 'list', '--auth', 'cert'], { says: ['Water plants'] })
  await step(['todos', 'list', '--auth', 'keyvault', '--verbose'], { says: ['/sign 200', 'Water plants'] })
  await step(['todos', 'add', 'Rotate the certificate', '--auth', 'keyvault'], { says: ['added'] })
  await step(['todos', 'list', '--auth', 'cert'], { says: ['Rotate the certificate'] })

  title('Three refusals, each with its reason and the next command')
  await step(['cert', 'create', 'stranger'])
  await step(['todos', 'list', '--auth', 'cert', '--certificate-file', 'certs/stranger.pem'], {
    exitCode: 4,
    says: ['AADSTS700027', 'hint:'],
  })
  await writeFile(join(folder, 'wrong-secret'), 'not~the~secret~of~this~app', { mode: 0o600 })
  await step(['todos', 'list', '--auth', 'secret', '--client-secret-file', 'wrong-secret'], {
    exitCode: 4,
    says: ['AADSTS7000215', 'hint:'],
  })
  await step(['todos', 'list', '--profile', 'local-without-role'], {
    exitCode: 4,
    says: ['403', 'insufficient_scope', 'hint:'],
  })

  title('Stop')
  await step(['local', 'stop'])
}

const started = performance.now()
let interrupted = false
const interrupt = () => {
  interrupted = true
  child?.kill('SIGTERM')
}
process.once('SIGINT', interrupt)
process.once('SIGTERM', interrupt)
try {
  await demo()
  process.stdout.write(
    `\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s. Keep it running and type for yourself: npx todo-cli local start\n`,
  )
} catch (error) {
  process.stdout.write('\n')
  process.stderr.write(
    interrupted
      ? 'interrupted\n'
      : `The demo failed: ${error instanceof StepFailed ? error.message : String(error)}\n`,
  )
  process.exitCode = interrupted ? 130 : 1
  await todoCli(['local', 'stop', '--quiet']).catch(() => {})
} finally {
  await rm(folder, { recursive: true, force: true })
}
