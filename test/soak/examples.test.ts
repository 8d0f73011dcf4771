/** Every example of every help is typed into a shell, against a local tenant, with what it names being there. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, runCli, searched, spawnCli } from '../support/cli.ts'
import { examplesIn, PEOPLES_COMMANDS } from '../support/commands.ts'
import { says } from '../support/terminal.ts'

const root = mkdtempSync(join(tmpdir(), 'examples-'))
const home = join(root, 'home')
let variables: Record<string, string> = {}

beforeAll(async () => {
  mkdirSync(join(root, 'bin'))
  symlinkSync(BIN, join(root, 'bin/todo-cli'))
  symlinkSync(process.execPath, join(root, 'bin/node'))
  symlinkSync(join(import.meta.dirname, '../support/programs/enter-code.ts'), join(root, 'bin/enter-code'))
  const { stdout, stderr, exitCode } = await spawnCli(['local', 'start', '--json'], {
    env: { TODO_CLI_HOME: home, HOME: root },
  })
  expect(exitCode, stderr).toBe(0)
  const { vaultUrl, apiUrl, caFile } = JSON.parse(stdout) as Record<string, string>
  variables = {
    PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
    HOME: root,
    TODO_CLI_HOME: home,
    VAULT: vaultUrl ?? '',
    API_ENDPOINT: apiUrl ?? '',
    CURL_CA_BUNDLE: caFile ?? '',
    PFX_PASSPHRASE: 'open sesame',
  }
})
afterAll(async () => {
  await spawnCli(['local', 'stop'], { env: { TODO_CLI_HOME: home, HOME: root } })
  rmSync(root, { recursive: true, force: true })
})

/** What an example needs that is not on this machine. */
const ELSEWHERE: readonly (readonly [pattern: RegExp, isHere: boolean])[] = [
  [/--tenant contoso|--cloud usgov/, false],
  [/Invoke-Expression/, says(['pwsh', '-Version'])],
  [/^curl /, says(['curl', '--version'])],
]

/** What has to be there before. */
const BEFORE: readonly (readonly [pattern: RegExp, commands: string])[] = [
  [/todos (show|edit|done|reopen|remove)/, 'ONE=$(todo-cli todos add one); TWO=$(todo-cli todos add two)'],
  [
    /certs\/(daemon|old)|cert rotate|cert list|--proof/,
    'todo-cli cert create daemon; cp -r certs/daemon.pem certs/old.pem',
  ],
  [
    / daemon\.pfx.*PFX_PASSPHRASE/,
    'todo-cli cert create daemon --pfx --out . --passphrase-env PFX_PASSPHRASE; rm daemon.pem',
  ],
  [
    / daemon\.pem.*(pass.txt|--with-private-key|--vault)/,
    'todo-cli cert create daemon --out .; echo sesame > pass.txt',
  ],
  [
    /--key daemon.key/,
    'todo-cli cert create daemon --out .; todo-cli cert convert daemon.pem daemon.key; rm daemon.pem',
  ],
  [
    /vault:(daemon|old)/,
    'todo-cli cert create daemon --vault $VAULT; todo-cli cert create old --vault $VAULT',
  ],
  [/cert recover/, 'todo-cli cert remove vault:daemon --yes'],
  [/rotate certs/, 'todo-cli app credential add certs/daemon.crt'],
  [
    /credential remove/,
    'todo-cli cert create daemon; todo-cli app credential add certs/daemon.crt; KEY_ID=$(todo-cli app credential list | grep CN=daemon | tail -1 | cut -f 1)',
  ],
  [/rotate vault/, 'todo-cli app credential add vault:daemon'],
  [/--proof/, 'todo-cli app create; todo-cli config use todo-cli-daemon; todo-cli cert create next'],
  [
    /app (show|remove).*(todo-cli-daemon|--purge)|app remove/,
    'todo-cli app create; todo-cli config use todo-cli-daemon',
  ],
  [/whoami/, 'todo-cli login 2>&1 | enter-code'],
  [/config use/, 'true'],
  [/fish/, 'mkdir -p ~/.config/fish/completions'],
]

/** Behind it, what would be in the way of the next one. */
const AFTER: readonly (readonly [pattern: RegExp, commands: string])[] = [
  [/cert rotate/, 'for of in certs/daemon.pem vault:daemon ""; do todo-cli cert rotate $of --finish; done'],
  [/app remove|--proof/, 'todo-cli config use local'],
  [/config set auth/, 'todo-cli config unset auth'],
]

/** The words of the example that stand for one's own. */
const asHere = (example: string) =>
  example
    .replace('https://contoso.vault.azure.net', '$VAULT')
    .replace('11111111-2222-3333-4444-555555555555', '$KEY_ID')
    .replace(/(todos (?:show|edit|done|reopen|remove)) 1/, '$1 $ONE')
    .replace(/\$ONE 2/, '$ONE $TWO')
    .replace(/todo-cli login/, 'todo-cli login 2>&1 | enter-code')
    .replace(/^eval .*completion bash.*$/, "bash -c '$&'")

/** They ask first, and nobody is there to answer; that they would work is seen with --yes. */
const ASKS = /^todo-cli (cert|app) remove(?!.*--yes)/
const LOCAL = /^todo-cli local (stop|reset)/

const helps = await Promise.all(
  PEOPLES_COMMANDS.map(async (path) => (await runCli([...path.split(' '), '--help'])).stdout),
)
const examples = [...new Set(helps.flatMap(examplesIn))]
const isHere = (example: string) => !ELSEWHERE.some(([pattern, here]) => pattern.test(example) && !here)

async function typed(example: string) {
  const cwd = mkdtempSync(join(root, 'work-'))
  const of = (list: typeof BEFORE) =>
    list.filter(([pattern]) => pattern.test(example)).map(([, commands]) => commands)
  const lines = [
    `{ ${[...of(BEFORE), ':'].join('\n')}\n} >before.txt 2>&1`,
    `{ ${asHere(example)}\n} >out.txt 2>err.txt`,
    'echo $? >exit.txt',
    `{ ${[...of(AFTER), ':'].join('\n')}\n} >after.txt 2>&1`,
    'cat exit.txt; cat err.txt',
  ]
  writeFileSync(join(cwd, 'script.sh'), lines.join('\n'))
  const { stdout } = await promisify(execFile)('/bin/sh', ['script.sh'], { cwd, env: variables })
  const [exit = '', ...stderr] = stdout.split('\n')
  return searched({ exitCode: Number(exit), stdout: '', stderr: stderr.join('\n') })
}

describe.skipIf(process.platform === 'win32')('an example of the help', () => {
  it.each(examples.filter((example) => isHere(example) && !LOCAL.test(example)))(
    'works as it stands there: %s',
    { timeout: 60_000 },
    async (example) => {
      const { exitCode, stderr } = await typed(example)
      if (ASKS.test(example)) {
        expect({ exitCode, stderr }).toEqual({
          exitCode: 2,
          stderr: expect.stringContaining('Nobody can answer'),
        })
        const sure = await typed(`${example} --yes`)
        expect(sure.exitCode, sure.stderr).toBe(0)
      } else expect(exitCode, stderr).toBe(/needs-renewal/.test(example) ? 1 : 0)
    },
  )

  it('works as it stands there, to the end of the local tenant', async () => {
    const ends = examples.filter((example) => LOCAL.test(example))
    expect(ends).toHaveLength(2)
    for (const example of ends) {
      const { exitCode, stderr } = await typed(example)
      expect(exitCode, stderr).toBe(0)
    }
  })

  it('is left out for want of a cloud only where it names one', () => {
    expect(
      examples.filter((example) => /contoso\.onmicrosoft|usgov/.test(example) && !isHere(example)),
    ).toHaveLength(2)
    expect(examples.length).toBeGreaterThan(70)
  })
})
