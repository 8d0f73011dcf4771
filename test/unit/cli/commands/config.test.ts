import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { readProfiles } from '../../../../cli/profiles.ts'
import { expectError, runCli, temporaryHome } from '../../../support/cli.ts'

const { folder } = temporaryHome()
let count = 0
let home: string

beforeEach(() => {
  count += 1
  home = join(folder, String(count))
})

const config = (line: string, env: Record<string, string> = {}) =>
  runCli(['config', ...line.split(' ')], { env: { TODO_CLI_HOME: home, ...env } })
const profiles = () => readProfiles(join(home, 'profiles.json'))
const done = async (line: string) => expect(await config(line)).toMatchObject({ exitCode: 0 })

describe('config set', () => {
  it('makes the profile default, and uses it', async () => {
    expect(await config('set auth cert')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'auth is now cert in the profile default\n',
    })
    expect(await profiles()).toEqual({ current: 'default', profiles: { default: { auth: 'cert' } } })
  })

  it('makes the profile that is named, and uses none', async () => {
    await done('set auth cert --profile work')
    expect(await profiles()).toEqual({ profiles: { work: { auth: 'cert' } } })
  })

  it('changes the current profile, and leaves the others', async () => {
    await done('set auth cert --profile work')
    await done('set auth keyvault --profile other')
    await done('use work')
    await done('set auth secret')
    expect(await profiles()).toEqual({
      current: 'work',
      profiles: { work: { auth: 'secret' }, other: { auth: 'keyvault' } },
    })
  })

  it.each([
    ['auth pigeon', /pigeon/],
    ['timeout soon', /is not a time/],
    ['apiEndpoint http://example.com', /in the clear/],
    ['apiEndpoint nowhere', /is not an address/],
    ['clientSecret hunter2', /is a secret/],
    ['certPassphrase hunter2', /is a secret/],
    ['nothing x', /there is no setting "nothing"/],
    ['__proto__ x', /there is no setting/],
    ['auth cert --profile ../x', /can not be the name of a profile/],
    ['auth cert --profile __proto__', /can not be the name of a profile/],
  ])('%s writes nothing', async (line, message) => {
    const result = await config(`set ${line}`)
    expectError(result, 2, message)
    expect(result.stderr).not.toContain('hunter2')
    expect(await profiles()).toEqual({ profiles: {} })
  })

  it.each([
    ['certificateFile', 'certs/daemon.pem', resolve('certs/daemon.pem')],
    ['caFile', '/etc/ssl/ca.pem', '/etc/ssl/ca.pem'],
    ['clientSecretFile', '-', '-'],
    ['certificateName', 'certs/daemon.pem', undefined],
    ['timeout', '20s', '20s'],
  ])(
    'keeps a file by its whole path, for a profile is used from every folder: %s %s',
    async (key, given, kept) => {
      const { exitCode } = await config(`set ${key} ${given} --profile paths`)
      if (kept === undefined) expect(exitCode).toBe(2)
      else expect((await config(`get ${key} --profile paths`)).stdout).toBe(`${kept}\n`)
    },
  )

  it('takes the way to authenticate from a profile afterwards', async () => {
    await done('set auth cert')
    expect((await config('get auth')).stdout).toBe('cert\n')
    expect((await config('get auth', { TODO_CLI_AUTH: 'keyvault' })).stdout).toBe('keyvault\n')
  })
})

describe('config unset', () => {
  it('takes a value out, and it is no error where there was none', async () => {
    await done('set auth cert')
    await done('unset auth')
    await done('unset auth')
    expect(await profiles()).toEqual({ current: 'default', profiles: { default: {} } })
  })

  it.each([
    ['unset nothing', /there is no setting/],
    ['unset auth', /there is no profile "default"/],
    ['unset auth --profile work', /there is no profile "work"/],
  ])('%s is an error', async (line, message) => {
    expectError(await config(line), 2, message)
  })
})

describe('config use', () => {
  it('makes a profile the current one', async () => {
    await done('set auth cert --profile work')
    await done('use work')
    expect((await config('profiles')).stdout).toBe('work\tyes\t1\n')
  })

  it('knows no profile that is not there', async () => {
    expectError(await config('use work'), 2, /there is no profile "work"/)
  })
})

describe('config get', () => {
  it('prints the value alone', async () => {
    expect(await config('get assertionAlg')).toEqual({ exitCode: 0, stdout: 'PS256\n', stderr: '' })
    expect((await config('get assertionAlg --json')).stdout).toBe('{"assertionAlg":"PS256"}\n')
  })

  it.each([
    ['clientId', /clientId is not set/],
    ['clientSecret', /is a secret/],
    ['nothing', /there is no setting/],
  ])('%s prints nothing', async (key, message) => {
    expectError(await config(`get ${key}`, { CLIENT_SECRET: 'hunter2' }), 2, message)
  })
})

describe('config list', () => {
  const rows = async (env: Record<string, string> = {}, flags = '') => {
    const { exitCode, stdout, stderr } = await config(`list --json${flags}`, env)
    expect(exitCode).toBe(0)
    const list = JSON.parse(stdout) as { key: string; value?: string; from?: string }[]
    return { stderr, of: (key: string) => list.find((row) => row.key === key), stdout }
  }

  it('says of each setting what it is, and where that comes from', async () => {
    await done('set clientId 11111111-1111-4111-8111-111111111111')
    const { of } = await rows({ TENANT_ID: 'contoso' }, ' --timeout 5s')
    expect(of('clientId')).toEqual({
      key: 'clientId',
      value: '11111111-1111-4111-8111-111111111111',
      from: 'profile default',
    })
    expect(of('tenantId')).toEqual({ key: 'tenantId', value: 'contoso', from: 'TENANT_ID' })
    expect(of('timeout')).toEqual({ key: 'timeout', value: '5s', from: '--timeout' })
    expect(of('auth')).toEqual({ key: 'auth', value: 'secret', from: 'default' })
    expect(of('scopes')).toEqual({ key: 'scopes' })
  })

  it('shows no secret, wherever that comes from', async () => {
    const { stdout } = await rows({
      CLIENT_SECRET: 'hunter2',
      CERT_PASSPHRASE: 'hunter2',
      TODO_CLI_CLIENT_SECRET: 'hunter2',
    })
    expect(stdout).toContain('(hidden)')
    expect(stdout).not.toContain('hunter2')
  })

  it('lists what can not be used as it is, with a warning that says why', async () => {
    const { of, stderr } = await rows({ TODO_CLI_TIMEOUT: 'soon', AUTHORITY: 'http://x.example' })
    expect(of('timeout')?.value).toBe('soon')
    expect(stderr).toMatch(
      /^warning: authority \(AUTHORITY\) starts with http:.+\nwarning: timeout \(TODO_CLI_TIMEOUT\) is not a time.+\n$/,
    )
  })

  it('lists a way to authenticate that nobody knows, so that it can be mended', async () => {
    mkdirSync(home)
    writeFileSync(join(home, 'profiles.json'), '{"current":"a","profiles":{"a":{"auth":"pigeon"}}}')
    expect((await rows()).of('auth')).toEqual({ key: 'auth', value: 'pigeon', from: 'profile a' })
    await done('unset auth')
    expect((await rows()).of('auth')?.value).toBe('secret')
  })
})

describe('config profiles', () => {
  it('is an empty list before there is one, and says how to make one', async () => {
    expect(await config('profiles')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'no profiles; make one: todo-cli local start; or: todo-cli config set clientId ID\n',
    })
    expect((await config('profiles --json')).stdout).toBe('[]\n')
  })
})
