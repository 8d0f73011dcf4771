/** What only a process shows: signals, files that may not be written, an old Node.js. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { runChild } from '../../support/child.ts'
import { BIN, expectError, runCli, spawnCli, startCli, temporaryHome } from '../../support/cli.ts'
import { withTenant } from '../../support/tenant.ts'
import { tenantEnv } from '../../support/tenant-env.ts'
import { startWebServer, type Tls, tlsFor } from '../../support/web-server.ts'

const { folder, env } = temporaryHome()
const TENANT = '11111111-2222-4333-8444-555555555555'

let tls: Tls
beforeAll(async () => {
  tls = await tlsFor('localhost')
  writeFileSync(join(folder, 'silent.pem'), tls.cert)
})

/** All that a token needs, of an issuer that never answers and calls `onRequest` instead. */
async function silent(onRequest: () => void) {
  const { origin } = await startWebServer(onRequest, tls)
  return {
    ...env,
    AUTHORITY: `${origin}/${TENANT}`,
    CLIENT_ID: TENANT,
    CLIENT_SECRET: 'hunter2',
    SCOPES: 'api://x/.default',
    TODO_CLI_CA_FILE: join(folder, 'silent.pem'),
  }
}

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'during a request ends the program with 130 and one line: %s',
    async (signal) => {
      const requested = Promise.withResolvers<void>()
      const started = startCli(['todos', 'list', '--verbose'], { env: await silent(requested.resolve) })
      await requested.promise
      expect(started.kill(signal)).toBe(true)
      const { exitCode, stdout, stderr } = await started.ended
      expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' })
      expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('>'))).toEqual([
        'error: interrupted',
      ])
    },
  )

  it('is an error in JSON, too', async () => {
    const stop = new AbortController()
    const env = await silent(() => stop.abort())
    const { exitCode, stderr } = await runCli(['todos', 'list', '--json'], { env, signal: stop.signal })
    expect(exitCode).toBe(130)
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'interrupted', message: 'interrupted', exitCode: 130 },
    })
  })

  it('at a question changes nothing', async () => {
    const stop = new AbortController()
    const asked = runCli(['todos', 'remove', '1'], { env, tty: true, signal: stop.signal })
    stop.abort()
    expect((await asked).exitCode).toBe(130)
  })

  describe('while the vault is asked', () => {
    const tenant = withTenant()

    it('ends the program with 130 and one line', async () => {
      const stop = new AbortController()
      const vault = await startWebServer(() => stop.abort(), tls)
      const own = tenantEnv(tenant(), join(folder, 'tenant'))
      const ca = join(folder, 'both.pem')
      writeFileSync(ca, tenant().caPem + tls.cert)
      const asking = { ...own, ...env, KEY_VAULT_URL: vault.origin, TODO_CLI_CA_FILE: ca }
      const result = await runCli(['todos', 'list', '--auth', 'keyvault'], {
        env: asking,
        signal: stop.signal,
      })
      expectError(result, 130, /^error: interrupted\n$/)
    })
  })
})

describe('a question', () => {
  it.each(['n', '', 'no', 'yess', 'maybe'])('that is answered "%s" changes nothing', async (answer) => {
    const { exitCode, stderr } = await runCli(['todos', 'remove', '1'], {
      env,
      tty: true,
      stdin: `${answer}\n`,
    })
    expect(exitCode).toBe(130)
    expect(stderr).toMatch(/remove the todo 1\? \[y\/N\] [\s\S]*nothing was changed/)
  })

  it('is not asked where nobody can answer', async () => {
    expectError(await runCli(['todos', 'remove', '1'], { env }), 2, /hint: .*--yes/)
  })
})

describe('a folder that may not be written', () => {
  const NOBODY = 65_534
  const isRoot = process.getuid?.() === 0

  it.skipIf(process.platform === 'win32')(
    'is told in one line, and nothing half-written is left',
    async () => {
      const locked = join(folder, 'locked')
      mkdirSync(locked)
      chmodSync(folder, 0o755)
      chmodSync(locked, 0o555)
      const home = join(folder, 'nobodys')
      mkdirSync(home, { mode: 0o700 })
      if (isRoot) chownSync(home, NOBODY, NOBODY)
      // Root may write everywhere, so it is somebody else who tries.
      const options = { cwd: locked, env: { TODO_CLI_HOME: home }, uid: isRoot ? NOBODY : undefined }
      const result = await spawnCli(['cert', 'create', 'daemon'], options)
      expectError(result, 1, /^error: can not write certs: permission denied\nhint: choose a folder/)
      expect(readdirSync(locked)).toEqual([])
      const existing = await spawnCli(['cert', 'create', 'daemon', '--out', '.'], options)
      expectError(existing, 1, /^error: can not write daemon\.pem: permission denied\n/)
      expect(readdirSync(locked)).toEqual([])
    },
  )
})

describe('the environment', () => {
  it('is read where --env-file says, and an env file that is not there is an error', async () => {
    const file = join(folder, 'work.env')
    writeFileSync(file, 'CLIENT_ID=from-the-file\n# a comment\nSCOPES="a b"\n')
    const argv = (key: string) => ['config', 'get', key, '--env-file', file]
    expect((await runCli(argv('clientId'), { env })).stdout).toBe('from-the-file\n')
    expect((await runCli(argv('scopes'), { env })).stdout).toBe('a b\n')
    const missing = ['config', 'list', '--env-file', join(folder, 'nowhere.env')]
    expectError(await runCli(missing, { env }), 2, /nowhere\.env/)
  })

  it('is read where TODO_CLI_ENV_FILE says, and --env-file is stronger', async () => {
    writeFileSync(join(folder, 'one.env'), 'CLIENT_ID=one\n')
    writeFileSync(join(folder, 'two.env'), 'CLIENT_ID=two\n')
    const named = { ...env, TODO_CLI_ENV_FILE: join(folder, 'one.env') }
    const argv = ['config', 'get', 'clientId']
    expect((await spawnCli(argv, { env: named })).stdout).toBe('one\n')
    const both = [...argv, '--env-file', join(folder, 'two.env')]
    expect((await spawnCli(both, { env: named })).stdout).toBe('two\n')
    expectError(await runCli(argv, { env: { ...env, TODO_CLI_ENV_FILE: '' } }), 2, /clientId is not set/)
  })

  it.each([
    ['is not there', 'nowhere.env'],
    ['is a folder', '.'],
  ])('in a file that %s is an error with a hint, where TODO_CLI_ENV_FILE names it', async (why, name) => {
    const named = { ...env, TODO_CLI_ENV_FILE: join(folder, name) }
    const result = await spawnCli(['config', 'list'], { env: named })
    expectError(result, 2, new RegExp(`^error: .* the variables ${why}: .*\nhint: `))
  })

  it.skipIf(process.platform === 'win32')(
    'of a pipe, which Node.js would have read before, is taken from TODO_CLI_ENV_FILE alone',
    async () => {
      const todoCli = `"${process.execPath}" "${BIN}" config get clientId`
      const bash = (script: string) =>
        runChild('bash', ['-c', script], { cwd: folder, env: { PATH: '/usr/bin:/bin', ...env } })
      const flagged = await bash(`${todoCli} --env-file <(echo CLIENT_ID=piped)`)
      expectError(flagged, 2, /can be read once only, and Node.js has done so\nhint: .*TODO_CLI_ENV_FILE/)
      const named = await bash(`TODO_CLI_ENV_FILE=<(echo CLIENT_ID=piped) ${todoCli}`)
      expect(named).toMatchObject({ exitCode: 0, stdout: 'piped\n' })
    },
  )

  it("of Node's own --env-file is not there, and its error not ours: see docs/decisions/0013", async () => {
    const { exitCode, stderr } = await spawnCli(['config', 'list', '--env-file', 'nowhere.env'], {
      env,
      cwd: folder,
    })
    expect({ exitCode, stderr }).toEqual({
      exitCode: 9,
      stderr: expect.stringMatching(/^.*node: nowhere\.env: not found\n$/),
    })
  })

  it('is never that of the test', async () => {
    vi.stubEnv('HOME', '/home/of-the-test')
    const { stdout } = await runCli(['config', 'list', '--json'], { env })
    vi.unstubAllEnvs()
    expect(stdout).not.toContain('/home/of-the-test')
  })

  it.skipIf(process.platform !== 'linux')(
    'with a HOME that can hold nothing is no reason to fail, or to hang',
    async () => {
      const { exitCode, stderr } = await spawnCli(['--version'], { env: { HOME: '/proc/none' }, cwd: folder })
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    },
  )

  it('without a HOME is no reason to fail', async () => {
    const { exitCode, stdout } = await spawnCli(['--version'], { env: {}, cwd: folder })
    expect({ exitCode, stdout: stdout.trim() }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    })
  })
})

describe('what is written', () => {
  const LINES = 30_000
  const todoCli = `"${process.execPath}" "${BIN}"`
  const shell = async (script: string) => runChild('sh', ['-c', script], { cwd: folder, env: loud })
  const loud = { PATH: '/usr/bin:/bin', TODO_CLI_HOME: join(folder, 'loud') }

  beforeAll(() => {
    mkdirSync(join(folder, 'loud/local'), { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, 'loud/local/local.log'), `${'x'.repeat(99)}\n`.repeat(LINES))
  })

  it('gets to a slow reader to its last line', async () => {
    const { stdout } = await shell(`${todoCli} local logs | { sleep 1; wc -l; }`)
    expect(Number(stdout)).toBe(LINES)
  })

  it('is no failure where its reader has seen enough', async () => {
    const { stdout, stderr } = await shell(
      `{ ${todoCli} local logs; echo "ended with $?" >&2; } | head -n 1 | wc -l`,
    )
    expect({ lines: Number(stdout), stderr }).toEqual({ lines: 1, stderr: 'ended with 0\n' })
  })

  it('to a standard error that nobody reads changes no exit code', async () => {
    const child = spawn(process.execPath, [BIN, 'nonsense'], {
      env: loud,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.destroy()
    expect(await once(child, 'exit')).toEqual([2, null])
  })
})
