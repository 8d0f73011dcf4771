import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../../../support/api.ts'
import { type CliOptions, expectError, runCli, temporaryHome } from '../../../support/cli.ts'
import { wordsOf } from '../../../support/hints.ts'
import { withTenant } from '../../../support/tenant.ts'
import { accessToken } from '../../../support/tenant-client.ts'
import { tenantEnv } from '../../../support/tenant-env.ts'

const tenant = withTenant()
const { folder, env: home } = temporaryHome()
let api: TestApi
let env: Record<string, string>
/** For calls that go past the command line. */
let token: string

beforeAll(async () => {
  const { tenantId, authority, caPem } = tenant()
  api = await startTestApi({ tenantId, authority, caPem, clientId: tenant().api.appId })
  env = { ...tenantEnv(tenant(), folder, `${api.origin}/api/todolist`), ...home }
  token = await accessToken(tenant())
})
afterAll(() => api?.close())

const todos = (line: string, options: CliOptions = {}) =>
  runCli(['todos', ...wordsOf(line)], { env, ...options })
const ids = async () =>
  (await todos('list')).stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] ?? '')
const add = async (text: string) => (await todos(`add "${text}" --quiet`)).stdout.trim()

beforeEach(async () => {
  const all = (await todos('list --all')).stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0])
  if (all.length > 0) await todos(`remove ${all.join(' ')} --yes`)
})

describe('todos list', () => {
  it('is empty at first: a note for a person, [] for a program, nothing for a pipe', async () => {
    expect(await todos('list')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'no todos; add one: todo-cli todos add "Water plants"\n',
    })
    expect(await todos('list --json')).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' })
    expect(await todos('list --quiet')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  it('is a table on a terminal', async () => {
    const id = await add('Buy tea')
    const { stdout } = await todos('list', { tty: true, columns: 200 })
    expect(stdout).toMatch(/^ID +DONE +DESCRIPTION +OWNER +UPDATED\n/)
    expect(stdout).toContain(`${id}  no    Buy tea`)
  })

  it('lets no todo take over the terminal, or break a line', async () => {
    await add('a\u001b[2J\tb\u0007\u202ec')
    const { stdout: table } = await todos('list', { tty: true, columns: 200 })
    const { stdout: tsv } = await todos('list')
    for (const character of ['\u001b', '\u0007', '\u202e']) expect(table + tsv).not.toContain(character)
    expect(tsv.trimEnd().split('\t')).toHaveLength(5)
  })
})

describe('todos list with flags', () => {
  const names = async (flags: string) =>
    (await todos(`list ${flags}`)).stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t')[2])

  beforeEach(async () => {
    for (const text of ['a', 'b', 'c']) await add(text)
    const [first = ''] = await ids()
    await todos(`done ${first}`)
  })

  it('--done, --open and --owner choose', async () => {
    expect((await names('--done')).length).toBe(1)
    expect((await names('--open')).length).toBe(2)
    expect((await names(`--owner ${tenant().client.objectId}`)).length).toBe(3)
    expect(await names('--owner 11111111-1111-4111-8111-111111111111')).toEqual([])
  })

  it('--limit takes so many, and says that there are more', async () => {
    const { stdout, stderr } = await todos('list --limit 2')
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(stderr).toBe('there are more than 2: todo-cli todos list --all\n')
    expect(await todos('list --limit 3')).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('--all takes every one, page by page', async () => {
    await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        api.call('POST', '/api/todolist', { token, body: { description: `${index}` } }),
      ),
    )
    expect((await todos('list')).stderr).toMatch(/there are more than 100: todo-cli todos list --all/)
    expect(await names('--all')).toHaveLength(123)
    expect(await names('--limit 110')).toHaveLength(110)
  })

  it.each([
    ['--done --open', /--done and --open do not go together/],
    ['--all --limit 1', /--all and --limit do not go together/],
    ['--limit 0', /--limit is not a whole number/],
    ['--limit -1', /--limit is not a whole number/],
    ['--limit many', /--limit is not a whole number/],
    ['--limit 1e3', /--limit is not a whole number/],
    ['--owner me', /the owner is not the object id/],
  ])('%s is a usage error', async (flags, message) => {
    expectError(await todos(`list ${flags}`), 2, message)
  })
})

describe('todos add', () => {
  it('prints the id alone, and tells a person what it did', async () => {
    const { exitCode, stdout, stderr } = await todos('add Buy tea')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'added: Buy tea\n' })
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/)
  })

  it('gives the todo as JSON', async () => {
    const { stdout, stderr } = await todos('add "Buy tea" --json')
    expect(JSON.parse(stdout)).toMatchObject({
      description: 'Buy tea',
      done: false,
      owner: tenant().client.objectId,
    })
    expect(stderr).toBe('')
  })

  it('can name the owner, as an app may', async () => {
    const owner = '11111111-1111-4111-8111-111111111111'
    expect(JSON.parse((await todos(`add "Buy tea" --owner ${owner} --json`)).stdout).owner).toBe(owner)
  })

  it.each(['🫖 买茶', 'x'.repeat(1000), '--', "it's"])('takes the text %j', async (text) => {
    const { stdout } = await runCli(['todos', 'add', '--json', '--', text], { env })
    expect(JSON.parse(stdout).description).toBe(text)
  })

  it.each([
    ['', /the text is empty/],
    ['   ', /the text is empty/],
    ['🫖'.repeat(1001), /1001 characters; 1000 are the most/],
  ])('refuses the text %j before anybody is asked', async (text, message) => {
    const nobody = { ...env, AUTHORITY: 'https://localhost:1/x', API_ENDPOINT: 'https://localhost:1/x' }
    expectError(await runCli(['todos', 'add', text], { env: nobody }), 2, message)
  })
})

describe('todos show, edit, done, reopen', () => {
  it('show, change and mark one', async () => {
    const id = await add('Buy tea')
    expect(await todos(`edit ${id} Buy more tea`)).toMatchObject({
      exitCode: 0,
      stderr: 'changed: Buy more tea\n',
    })
    expect(await todos(`done ${id}`)).toMatchObject({ exitCode: 0, stderr: 'done: Buy more tea\n' })
    expect((await todos(`show ${id}`)).stdout).toMatch(/^id\t.+\ndescription\tBuy more tea\ndone\tyes\n/)
    expect(await todos(`reopen ${id} --json`)).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse((await todos(`show ${id} --json`)).stdout)).toMatchObject({
      id,
      done: false,
      description: 'Buy more tea',
    })
  })

  it('keep the mark when the text changes', async () => {
    const id = await add('Buy tea')
    await todos(`done ${id}`)
    expect(JSON.parse((await todos(`edit ${id} Tea --json`)).stdout)).toMatchObject({
      done: true,
      description: 'Tea',
    })
  })

  it('mark several at once', async () => {
    const [first, second] = [await add('a'), await add('b')]
    expect(JSON.parse((await todos(`done ${first} ${second} --json`)).stdout)).toHaveLength(2)
  })

  it.each(['show X', 'edit X tea', 'done X', 'reopen X', 'remove X --yes'])(
    '%s: there is none, said with the way to find one',
    async (line) => {
      expectError(
        await todos(line),
        1,
        'error: there is no todo X\nhint: see which there are: todo-cli todos list\n',
      )
    },
  )

  it('stop at the first that is not there, and what was done is done', async () => {
    const id = await add('a')
    const { exitCode, stderr } = await todos(`done ${id} X`)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^done: a\nerror: there is no todo X\n/)
    expect(JSON.parse((await todos(`show ${id} --json`)).stdout).done).toBe(true)
  })
})

describe('todos remove', () => {
  it('asks on a terminal, and does it when the answer is yes', async () => {
    const id = await add('a')
    const { exitCode, stderr } = await todos(`remove ${id}`, { tty: true, stdin: 'y\n' })
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining(`remove the todo ${id}? [y/N]`),
    })
    expect(await ids()).toEqual([])
  })

  it('does nothing when the answer is no, or when nobody can answer', async () => {
    const id = await add('a')
    expect((await todos(`remove ${id}`, { tty: true, stdin: 'n\n' })).exitCode).toBe(130)
    expect((await todos(`remove ${id}`)).exitCode).toBe(2)
    expect(await ids()).toEqual([id])
  })

  it('says which it removed', async () => {
    const [first, second] = [await add('a'), await add('b')]
    expect((await todos(`remove ${first} ${second} --yes --json`)).stdout).toBe(
      `[{"id":"${first}"},{"id":"${second}"}]\n`,
    )
  })
})

describe('an app without the role', () => {
  const without = () => {
    const { appId, secret } = tenant().clientWithoutRole
    return { env: { ...env, CLIENT_ID: appId, CLIENT_SECRET: secret } }
  }

  it.each(['list', 'add tea'])('todos %s is refused, with the roles that would do', async (line) => {
    expectError(
      await todos(line, without()),
      4,
      /\(403 insufficient_scope\): one of .*ToDoList\.ReadWrite\.All/,
    )
  })
})
