import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ChildResult, createSandbox, type Sandbox } from '../support/child.ts'

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

  it('starts once when it is started twice at the same moment', async () => {
    const results = await Promise.all([sandbox.todoCli('local', 'start'), sandbox.todoCli('local', 'start')])
    expect(results.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThanOrEqual(1)
    for (const result of results.filter(({ exitCode }) => exitCode !== 0)) {
      expectOneError(result, /another process uses the state/)
    }
    expect((await sandbox.todoCli('todos', 'list')).exitCode).toBe(0)
  })

  it('holds its state in 0700 folders and 0600 files', async () => {
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
