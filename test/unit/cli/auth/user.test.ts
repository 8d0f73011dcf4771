/** Acting as a user: sign-in by device code, silent tokens, sign-out, against the local tenant and the API. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Api } from '../../../../api/server.ts'
import { startTestApi } from '../../../support/api.ts'
import { type CliResult, expectError, runCli, temporaryHome } from '../../../support/cli.ts'
import type { PageVisit } from '../../../support/device-page.ts'
import { logIn as logInWith } from '../../../support/log-in.ts'
import { withTenant } from '../../../support/tenant.ts'

const tenant = withTenant()
const { folder } = temporaryHome()
let api: Api
let base: Record<string, string>

/** The variables of a person with a home of their own. */
const envOf = (name: string) => ({ ...base, TODO_CLI_HOME: join(folder, name) })

const logIn = (name: string, page?: PageVisit, flags?: readonly string[]) =>
  logInWith(envOf(name), page, flags)

const todo = (name: string, ...argv: string[]) => runCli([...argv, '--auth', 'user'], { env: envOf(name) })

/** The file of the sign-in. */
function signInOf(name: string): string {
  const tokens = join(folder, name, 'tokens')
  return join(tokens, readdirSync(tokens).find((each) => each.endsWith('.user')) ?? 'none')
}

let alice: CliResult
let bob: CliResult
let declined: CliResult

beforeAll(async () => {
  const { tenantId, authority, caPem, api: app, client, publicClient, users } = tenant()
  api = await startTestApi({ tenantId, authority, caPem, clientId: app.appId }, { seedExamples: true })
  writeFileSync(join(folder, 'ca.pem'), caPem)
  base = {
    AUTHORITY: authority,
    CLIENT_ID: client.appId,
    CLIENT_SECRET: client.secret,
    TODO_CLI_USER_CLIENT_ID: publicClient.appId,
    SCOPES: app.scope,
    API_ENDPOINT: api.url,
    TODO_CLI_CA_FILE: join(folder, 'ca.pem'),
  }
  // MSAL polls every five seconds.
  ;[alice, bob, declined] = await Promise.all([
    logIn('alice', { user: users[0]?.id ?? '' }),
    logIn('bob', { user: users[1]?.id ?? '' }, ['--json']),
    logIn('nobody', { decision: 'deny' }),
  ])
}, 60_000)
afterAll(() => api.close())

describe('todo-cli login', () => {
  it('says which page to open and which code to enter, and who is signed in', () => {
    expect(alice).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^user\talice@contoso\.onmicrosoft\.com\nname\tAlice Adams\nobject id\t/),
      stderr: expect.stringMatching(
        /^To sign in, use a web browser .+\nnext: todo-cli todos list --auth user\n$/,
      ),
    })
  })

  it('is a JSON object with --json, and the person is told all the same', () => {
    expect(JSON.parse(bob.stdout)).toMatchObject({
      username: 'bob@contoso.onmicrosoft.com',
      name: 'Bob Brown',
    })
    expect(bob.stderr).toMatch(/^To sign in, .+\n$/)
  })

  it('is refused where the person declines', () => {
    expect(declined).toMatchObject({ exitCode: 4, stdout: '' })
    expect(declined.stderr).toMatch(/error: .*declined|denied/)
  })

  it('ends at once at Ctrl-C', async () => {
    const { exitCode, stderr } = await logIn('hasty')
    expect({ exitCode, stderr }).toEqual({
      exitCode: 130,
      stderr: expect.stringContaining('nobody was signed in'),
    })
  })

  it('keeps the sign-in in a 0600 file, without an access token', () => {
    const path = signInOf('alice')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const { msal } = JSON.parse(readFileSync(path, 'utf8')) as { msal: string }
    expect(JSON.parse(msal)).toMatchObject({ AccessToken: {}, RefreshToken: expect.anything() })
  })

  it.each([
    [
      'a client that is no public one',
      { TODO_CLI_USER_CLIENT_ID: undefined },
      4,
      /it is no public client \(AADSTS7000218\)\nhint: .*app create --login/,
    ],
    [
      'a client id that is none',
      { TODO_CLI_USER_CLIENT_ID: 'me' },
      2,
      /TODO_CLI_USER_CLIENT_ID\) is not a GUID/,
    ],
    ['no client id', { TODO_CLI_USER_CLIENT_ID: undefined, CLIENT_ID: undefined }, 2, /clientId is not set/],
    [
      'a scope of no API',
      { SCOPES: 'api://00000000-0000-4000-8000-000000000000/.default' },
      4,
      /AADSTS500011/,
    ],
    ['no issuer', { AUTHORITY: 'https://localhost:1/x' }, 6, /can not reach the issuer/],
  ])('fails with %s', async (_, change, exitCode, message) => {
    expectError(await runCli(['login'], { env: { ...envOf('nobody'), ...change } }), exitCode, message)
  })
})

describe('--auth user', () => {
  it("lists and changes the user's own items, and nobody else's", async () => {
    const added = await todo('alice', 'todos', 'add', 'tea of Alice')
    expect(added.exitCode, added.stderr).toBe(0)
    expect((await todo('alice', 'todos', 'list', '--json')).stdout).toContain('tea of Alice')
    expect((await todo('bob', 'todos', 'list', '--json')).stdout).toBe('[]\n')
    expectError(await todo('bob', 'todos', 'remove', added.stdout.trim(), '--yes'), 1, 'there is no todo')
    await runCli(['todos', 'add', 'tea of the app'], { env: envOf('alice') })
    const all = await runCli(['todos', 'list', '--json'], { env: envOf('alice') })
    expect(all.stdout).toMatch(/tea of Alice.*tea of the app/)
    expect((await todo('alice', 'todos', 'list', '--json')).stdout).not.toContain('tea of the app')
  })

  it('takes the token out of the cache, then by the refresh token, and asks nobody', async () => {
    const before = readFileSync(signInOf('alice'), 'utf8')
    const warm = await todo('alice', 'todos', 'list', '--json', '--verbose')
    expect(warm.stderr).not.toMatch(/oauth2/)
    await runCli(['token', 'clear'], { env: envOf('alice') })
    const cold = await todo('alice', 'todos', 'list', '--json', '--verbose')
    expect(cold.exitCode, cold.stderr).toBe(0)
    expect(cold.stderr).toMatch(/POST \S+oauth2\/v2\.0\/token 200/)
    expect(readFileSync(signInOf('alice'), 'utf8')).not.toBe(before)
  })

  it('shows for whom the token speaks', async () => {
    const { stderr } = await todo('alice', 'token', 'show')
    expect(stderr).toContain('speaks for  the user alice@contoso.onmicrosoft.com')
    expect(stderr).toContain("may         read the user's own todos")
  })

  it('is one that doctor knows', async () => {
    const { stdout, exitCode } = await todo('bob', 'doctor', '--json')
    const results = JSON.parse(stdout) as { check: string; seen: string }[]
    expect(exitCode, stdout).toBe(0)
    expect(results.find(({ check }) => check === 'credential')?.seen).toContain('bob@contoso')
    const nobody = await todo('nobody', 'doctor', '--json')
    const failed = (JSON.parse(nobody.stdout) as { status: string; check: string }[]).find(
      ({ status }) => status === 'fail',
    )
    expect(failed).toMatchObject({ check: 'credential', next: 'todo-cli login' })
  })

  it('can be what a profile names', async () => {
    const { exitCode } = await runCli(['config', 'set', 'auth', 'user'], { env: envOf('carol') })
    expect(exitCode).toBe(0)
    expectError(await runCli(['todos', 'list'], { env: envOf('carol') }), 4, 'no user is signed in')
  })

  it.each([
    ['nobody signed in', () => {}, /no user is signed in/],
    [
      'a sign-in that is damaged',
      (path: string) => writeFileSync(path, '{"version":1,'),
      /sign-in was damaged/,
    ],
    [
      'a sign-in without a user',
      (path: string) => writeFileSync(path, '{"version":1,"msal":"{}"}'),
      /damaged/,
    ],
    [
      'a sign-in that others could read',
      (path: string) => chmodSync(path, 0o644),
      /could be read by other users/,
    ],
    ['MSAL content that is none', (path: string) => change(path, () => 'x'), /was damaged/],
    ['a sign-in without an account', (path: string) => change(path, () => '{}'), /is incomplete/],
    [
      'a refresh token that the issuer does not know',
      (path: string) =>
        change(path, (msal) => msal.replace(/("[^"]*refreshtoken[^"]*":\{[^}]*"secret":")[^"]+/i, '$1gone')),
      /the sign-in of bob@contoso\.onmicrosoft\.com has ended/,
    ],
  ])('is refused with %s, and says what to do', async (what, spoil, message) => {
    const name = `bob, ${what}`
    const tokens = join(folder, name, 'tokens')
    mkdirSync(tokens, { recursive: true, mode: 0o700 })
    if (what !== 'nobody signed in') {
      const copy = join(tokens, signInOf('bob').replace(/.*\//, ''))
      writeFileSync(copy, readFileSync(signInOf('bob')), { mode: 0o600 })
      spoil(copy)
    }
    const result = await todo(name, 'todos', 'list')
    expect(result).toMatchObject({ exitCode: 4, stdout: '' })
    expect(result.stderr).toMatch(message)
    expect(result.stderr).toMatch(/hint: todo-cli login\n$/)
  })
})

function change(path: string, how: (msal: string) => string): void {
  const signIn = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...signIn, msal: how(signIn.msal) }), { mode: 0o600 })
}

describe('todo-cli whoami and logout', () => {
  it('tell who is signed in, and forget it with every token', async () => {
    const who = await runCli(['whoami', '--json'], { env: envOf('alice') })
    expect(JSON.parse(who.stdout)).toMatchObject({ name: 'Alice Adams', tenantId: tenant().tenantId })
    const out = await runCli(['logout'], { env: envOf('alice') })
    expect(out).toEqual({ exitCode: 0, stdout: '', stderr: 'signed out: alice@contoso.onmicrosoft.com\n' })
    expect(readdirSync(join(folder, 'alice/tokens')).filter((name) => !name.endsWith('.lock'))).toEqual([])
    expectError(await runCli(['whoami'], { env: envOf('alice') }), 4, 'no user is signed in')
  })

  it('say so where nobody is signed in', async () => {
    expectError(await runCli(['whoami'], { env: envOf('nobody') }), 4, 'no user is signed in')
    expect(await runCli(['logout'], { env: envOf('nobody') })).toMatchObject({
      exitCode: 0,
      stderr: 'nobody was signed in\n',
    })
    expect((await runCli(['logout', '--json'], { env: envOf('nobody') })).stdout).toBe('{"signedOut":null}\n')
  })
})
