import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tryLock } from '../../cli/process-lock.ts'
import { type ChildResult, createSandbox, runChild, type Sandbox, TODO_CLI } from '../support/child.ts'
import { keepPorts } from '../support/ports.ts'

let sandbox: Sandbox
let stateDir: string

beforeEach(async () => {
  sandbox = await createSandbox()
  stateDir = join(sandbox.folder, 'home', 'local')
})

afterEach(async () => {
  await sandbox.todoCli('local', 'stop')
  await sandbox.remove()
})

const status = async () =>
  JSON.parse((await sandbox.todoCli('local', 'status', '--json')).stdout) as Record<string, string>

/** One line, a hint, no stack. */
function expectOneError({ stderr }: ChildResult, message: RegExp): void {
  const lines = stderr.trim().split('\n')
  expect(lines.filter((line) => line.startsWith('error: '))).toHaveLength(1)
  expect(lines.find((line) => line.startsWith('error: '))).toMatch(message)
  expect(lines.at(-1)).toMatch(/^hint: /)
  expect(stderr).not.toMatch(/^\s+at /m)
}

/** What `local run` does while it runs. */
async function holdState() {
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const lock = await tryLock(join(stateDir, 'lock.sqlite'))
  if (lock === undefined) throw new Error('the state is in use')
  return lock
}

/** Waits until what is read, which may not be there yet, has the words. */
async function waitUntil(read: () => Promise<string | string[]>, words: string): Promise<void> {
  while (!(await read().catch(() => '')).includes(words)) await wait(20)
}

const logged = (words: string) => waitUntil(() => readFile(join(stateDir, 'local.log'), 'utf8'), words)

/** Long enough to be looked at as a database. */
const NO_DATABASE = 'this is no database'.repeat(20)

describe('todo-cli local', () => {
  it('starts, answers to all three credentials by the profile that it wrote, and stops', async () => {
    expect(await sandbox.todoCli('local', 'start')).toMatchObject({ exitCode: 0 })
    for (const auth of ['secret', 'cert', 'keyvault']) {
      const { exitCode, stdout, stderr } = await sandbox.todoCli('todos', 'list', '--auth', auth)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(stdout).toContain('Water plants')
    }
    expect(await sandbox.todoCli('local', 'stop')).toMatchObject({ exitCode: 0 })
    expect(await sandbox.todoCli('local', 'status')).toMatchObject({ exitCode: 1 })
  })

  it('keeps tenant, addresses, secrets and todos over a restart', async () => {
    await keepPorts(stateDir)
    await sandbox.todoCli('local', 'start')
    const before = await status()
    await sandbox.todoCli('todos', 'add', 'Survive')
    await sandbox.todoCli('local', 'stop')
    await sandbox.todoCli('local', 'start')
    const { pid: _, ...after } = await status()
    expect(before).toMatchObject(after)
    expect((await sandbox.todoCli('todos', 'list', '--auth', 'keyvault')).stdout).toContain('Survive')
  })

  it('is no error to start twice: the second says that it runs', async () => {
    const first = await sandbox.todoCli('local', 'start', '--json')
    const second = await sandbox.todoCli('local', 'start', '--json')
    expect(second.exitCode).toBe(0)
    expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout))
    expect((await sandbox.todoCli('local', 'start')).stderr).toContain('runs already')
  })

  it('starts once when it is started three times at the same moment, and that is no error either', async () => {
    const start = () => sandbox.todoCli('local', 'start', '--json')
    const results = await Promise.all([start(), start(), start()])
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1)
    expect((await sandbox.todoCli('todos', 'list')).exitCode).toBe(0)
  })

  it('is told by a run in the foreground that it runs already, and by which process', async () => {
    await sandbox.todoCli('local', 'start')
    const result = await sandbox.todoCli('local', 'run')
    expect(result.exitCode).toBe(1)
    expectOneError(result, new RegExp(`runs already \\(pid ${(await status()).pid}\\)`))
    expect(await sandbox.todoCli('todos', 'list')).toMatchObject({ exitCode: 0 })
  })

  it('waits for a process that has the state, and starts when that lets go of it', async () => {
    const lock = await holdState()
    const starting = sandbox.todoCli('local', 'start')
    await logged('local-state-in-use')
    lock.release()
    expect(await starting).toMatchObject({ exitCode: 0 })
  })

  it('goes on where the process that started it was killed before it was ready', async () => {
    const env = { ...sandbox.env, TODO_CLI_BACKGROUND: '1' }
    const argv = [TODO_CLI, 'local', 'run', '--json']
    const running = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    running.stdout.destroy()
    // It has the state once it opens its database; without that, the one that is started now might be the first.
    await waitUntil(() => readdir(stateDir), 'tenant.db')
    const { exitCode, stdout } = await sandbox.todoCli('local', 'start', '--json')
    expect({ exitCode, pid: JSON.parse(stdout).pid }).toEqual({ exitCode: 0, pid: running.pid })
    expect((await sandbox.todoCli('todos', 'list')).exitCode).toBe(0)
  })

  it.each(['stop', 'reset'])('does not take the state from another process with %s', async (verb) => {
    const lock = await holdState()
    const result = await sandbox.todoCli('local', verb)
    lock.release()
    expect(result.exitCode).toBe(1)
    expectOneError(result, /another process uses the state/)
    expect(await readdir(stateDir)).toContain('lock.sqlite')
  })

  it('holds its state in 0700 folders and 0600 files', async () => {
    await mkdir(stateDir, { recursive: true, mode: 0o755 })
    await writeFile(join(stateDir, 'local.log'), '', { mode: 0o644 })
    await sandbox.todoCli('local', 'start')
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(stateDir)) {
      expect([name, ((await stat(join(stateDir, name))).mode & 0o777).toString(8)]).toEqual([name, '600'])
    }
  })

  it('puts no secret into status, env or logs', async () => {
    await sandbox.todoCli('local', 'start')
    await sandbox.todoCli('todos', 'list')
    const secrets = await Promise.all(
      ['client-secret', 'admin-token', 'client-without-role-secret'].map((name) =>
        readFile(join(stateDir, name), 'utf8'),
      ),
    )
    const said = await Promise.all(
      [['status'], ['status', '--json'], ['env'], ['logs']].map(
        async (words) => (await sandbox.todoCli('local', ...words)).stdout,
      ),
    )
    for (const secret of secrets) expect(said.join('\n')).not.toContain(secret.trim())
    expect(said.join('\n')).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\./)
  })

  it('has every field of status that scripts rely on', async () => {
    await sandbox.todoCli('local', 'start')
    expect(Object.keys(await status())).toEqual(
      expect.arrayContaining(
        'tenantId authority issuer tokenEndpoint vaultUrl graphUrl apiUrl apiClientId scope clientId clientSecretFile certificateFile caFile vaultCertificateFile adminUrl adminTokenFile proxyUrl identityEndpoint stateDir pid'.split(
          ' ',
        ),
      ),
    )
  })

  it('starts again after it was killed, and says that the record was stale', async () => {
    await keepPorts(stateDir)
    await sandbox.todoCli('local', 'start')
    const { pid } = await status()
    process.kill(Number(pid), 'SIGKILL')
    expectOneError(await sandbox.todoCli('local', 'status'), /does not run/)
    const again = await sandbox.todoCli('local', 'start')
    expect(again.exitCode).toBe(0)
    expect(again.stderr).toContain('stale record')
    expect((await sandbox.todoCli('todos', 'list')).exitCode).toBe(0)
  })

  it('does not take a record for a tenant when its process id is another program', async () => {
    await sandbox.todoCli('local', 'start')
    const before = await status()
    await sandbox.todoCli('local', 'stop')
    await writeFile(join(stateDir, 'running.json'), JSON.stringify({ ...before, pid: process.pid }))
    expectOneError(await sandbox.todoCli('local', 'status'), /does not run/)
    expect(await sandbox.todoCli('local', 'stop')).toMatchObject({ exitCode: 0 })
  })

  it('names the port when another program has taken it', async () => {
    await keepPorts(stateDir)
    await sandbox.todoCli('local', 'start')
    const { apiUrl } = await status()
    await sandbox.todoCli('local', 'stop')
    const squatter = createServer()
    const { port } = new URL(apiUrl ?? '')
    await new Promise<void>((resolve) => squatter.listen(Number(port), '127.0.0.1', resolve))
    try {
      const result = await sandbox.todoCli('local', 'start')
      expect(result.exitCode).toBe(1)
      expectOneError(result, new RegExp(`port ${port}`))
    } finally {
      await new Promise((resolve) => squatter.close(resolve))
    }
  })

  it.each([
    ['ports.json', '{"issuer":'],
    ['running.json', '{}'],
    ['tenant.db', NO_DATABASE],
    ['lock.sqlite', NO_DATABASE],
  ])('says that %s is damaged, in one line, and begins anew after a reset', async (name, content) => {
    await sandbox.todoCli('local', 'start')
    await sandbox.todoCli('local', 'stop')
    await writeFile(join(stateDir, name), content)
    const result = await sandbox.todoCli('local', 'start')
    expect(result.exitCode).toBe(1)
    expectOneError(result, /damaged|not a database|local tenant/)
    expect(result.stderr).toContain('todo-cli local reset')
    expect(await sandbox.todoCli('local', 'reset')).toMatchObject({ exitCode: 0 })
    expect(await sandbox.todoCli('local', 'start')).toMatchObject({ exitCode: 0 })
  })

  it.each([
    ['status', 'running.json'],
    ['start', 'running.json'],
    ['stop', 'running.json'],
    ['start', 'ports.json'],
    ['logs', 'local.log'],
  ])('says with %s that %s can not be read, and not that it is not there or damaged', async (verb, name) => {
    await mkdir(join(stateDir, name), { recursive: true, mode: 0o700 })
    const result = await sandbox.todoCli('local', verb)
    expectOneError(result, /can not be read/)
    expect(result.stderr).toContain('TODO_CLI_HOME')
  })

  it('begins a log anew that is full, and logs both with the older first', async () => {
    const full = `${JSON.stringify({ msg: 'of an earlier run' })}\n`.padStart(10 * 1024 * 1024 + 1, ' \n')
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    await writeFile(join(stateDir, 'local.log'), full, { mode: 0o644 })
    expect(await sandbox.todoCli('local', 'start')).toMatchObject({ exitCode: 0 })
    expect(await readFile(join(stateDir, 'local.log.1'), 'utf8')).toBe(full)
    expect((await stat(join(stateDir, 'local.log.1'))).mode & 0o777).toBe(0o600)
    const { stdout } = await sandbox.todoCli('local', 'logs')
    expect(stdout.startsWith(full)).toBe(true)
    expect(stdout.slice(full.length)).toContain('started')
  })

  it('works from another folder where TODO_CLI_HOME is relative to one', async () => {
    const env = { ...sandbox.env, TODO_CLI_HOME: 'home' }
    const options = { cwd: sandbox.folder, env }
    expect(await runChild(process.execPath, [TODO_CLI, 'local', 'start'], options)).toMatchObject({
      exitCode: 0,
    })
    await mkdir(join(sandbox.folder, 'below'))
    const below = { cwd: join(sandbox.folder, 'below'), env: { ...env, TODO_CLI_HOME: '../home' } }
    const argv = [TODO_CLI, 'todos', 'list', '--auth', 'keyvault']
    expect(await runChild(process.execPath, argv, below)).toMatchObject({ exitCode: 0 })
  })

  it('says that a half-written state is incomplete', async () => {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    await writeFile(join(stateDir, 'client-secret'), 'left over')
    expectOneError(await sandbox.todoCli('local', 'start'), /incomplete/)
  })

  it('says that an emptied database is damaged', async () => {
    await sandbox.todoCli('local', 'start')
    await sandbox.todoCli('local', 'stop')
    await truncate(join(stateDir, 'tenant.db'), 1)
    expectOneError(await sandbox.todoCli('local', 'start'), /missing or empty/)
  })

  it('removes state and profiles with reset, also while it runs', async () => {
    await sandbox.todoCli('local', 'start')
    expect(await sandbox.todoCli('local', 'reset')).toMatchObject({ exitCode: 0 })
    await expect(stat(stateDir)).rejects.toThrow('ENOENT')
    expectOneError(await sandbox.todoCli('todos', 'list', '--profile', 'local'), /no profile "local"/)
  })

  it('is no error to stop or reset what does not run', async () => {
    expect(await sandbox.todoCli('local', 'stop')).toMatchObject({ exitCode: 0 })
    expect(await sandbox.todoCli('local', 'reset')).toMatchObject({ exitCode: 0 })
    expect(await readdir(sandbox.folder)).toEqual(['home'])
    expect(await readdir(join(sandbox.folder, 'home'))).toEqual(['compile-cache'])
  })

  it.each(['status', 'env', 'logs'])('says with %s what to do where it never ran', async (verb) => {
    const result = await sandbox.todoCli('local', verb)
    expect(result.exitCode).toBe(1)
    expectOneError(result, /local tenant/)
    expect(result.stderr).toContain('todo-cli local start')
  })

  it('gives variables with which the same commands work without the profile', async () => {
    await sandbox.todoCli('local', 'start')
    const variables = JSON.parse((await sandbox.todoCli('local', 'env', '--json')).stdout) as Record<
      string,
      string
    >
    const other = await createSandbox(variables)
    try {
      for (const auth of ['secret', 'cert', 'keyvault']) {
        expect(await other.todoCli('todos', 'list', '--auth', auth)).toMatchObject({
          exitCode: 0,
          stderr: '',
        })
      }
    } finally {
      await other.remove()
    }
  })
})
