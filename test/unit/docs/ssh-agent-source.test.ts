import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adoptSource } from '../../../cli/auth/sources/plugin-source.ts'
import { resolveSettings } from '../../../cli/settings.ts'
import { pluginContract } from '../../contract/plugin.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, type KeyPair, pkcs8, rsaKeys } from '../../support/certificates.ts'
import { expectError, runCli, spawnCli } from '../../support/cli.ts'
import { type SshAgent, startSshAgent } from '../../support/ssh-agent.ts'
import { certificateOf } from '../../support/tenant-client.ts'
import { withVault } from '../../support/vault.ts'

const EXAMPLE = new URL('../../../docs/examples/todo-cli-source-ssh-agent/', import.meta.url)
const { default: source } = await import(new URL('index.js', EXAMPLE).href)
const folder = mkdtempSync(join(tmpdir(), 'agent-'))
const first = await rsaKeys()
const agent = startSshAgent(folder, pkcs8(first.privateKey))
afterAll(() => {
  agent?.stop()
  rmSync(folder, { recursive: true })
})

const write = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const inputs = (SSH_AGENT_CERTIFICATE_FILE: string, SSH_AUTH_SOCK = agent?.socket ?? '') => ({
  flags: {},
  env: { SSH_AGENT_CERTIFICATE_FILE, SSH_AUTH_SOCK },
})
const pem = (name: string, keys: KeyPair, options = {}) => write(name, certificateFor(keys, options))

describe.skipIf(agent === undefined)('the example of docs/certificate-sources.md', () => {
  pluginContract('ssh-agent', () => ({
    source,
    good: () => inputs(pem('good.pem', first)),
    another: () => inputs(pem('another.pem', first, { cn: 'another' })),
    refused: async () => [
      { what: 'no file', code: 'certificate-missing', inputs: inputs(join(folder, 'none.pem')) },
      { what: 'text', code: 'certificate-not-recognised', inputs: inputs(write('text.pem', 'text')) },
      {
        what: 'expired',
        code: 'certificate-expired',
        inputs: inputs(pem('old.pem', first, { from: -9, until: -1 })),
      },
    ],
    secrets: () => [pkcs8(first.privateKey).split('\n')[5] ?? ''],
  }))

  const open = (file: string, socket?: string, signal = new AbortController().signal) => {
    const adopted = adoptSource(source, 'example')
    const deps = { caPem: undefined, signal, warn: () => {}, trace: () => {} }
    return adopted.open(resolveSettings(adopted.settings, inputs(file, socket)), deps)
  }
  const data = Buffer.from('data')

  it('says that the agent has not the key', async () => {
    const { sign } = await open(pem('other.pem', await rsaKeys()))
    const { hint } = await appError('certificate-no-key', () => sign('RS256', data))
    expect(hint).toContain('ssh-add')
  })

  it('says that nothing listens at the socket', async () => {
    const { sign } = await open(pem('good.pem', first), join(folder, 'none.sock'))
    await appError('certificate-unreadable', () => sign('RS256', data))
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a message that is cut short', Buffer.from([0, 0, 0, 9, 14])],
    ['a signature that is longer than its message', Buffer.from([0, 0, 0, 5, 14, 0, 0, 9, 9])],
  ])('fails in words where the agent answers %s', async (name, answer) => {
    const path = join(folder, `${name.length}.sock`)
    const server = createServer((socket) => socket.end(answer))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const { sign } = await open(pem('good.pem', first), path)
    await expect(sign('RS256', data)).rejects.toMatchObject({ name: 'AppError' })
    server.close()
  })

  it('stops at Ctrl-C', async () => {
    const interrupt = new AbortController()
    const { sign } = await open(pem('good.pem', first), undefined, interrupt.signal)
    interrupt.abort()
    await appError('interrupted', () => sign('RS256', data))
  })
})

describe.skipIf(agent === undefined)('todo-cli --auth ssh-agent', () => {
  const vault = withVault()
  let ours: SshAgent | undefined
  let env: Record<string, string>
  beforeAll(() => {
    const { authority, api, client } = vault().tenant
    const home = join(vault().folder, 'home')
    const certificate = join(vault().folder, 'client.crt')
    writeFileSync(certificate, certificateOf(client.certificatePem))
    const key = client.certificatePem.slice(0, client.certificatePem.indexOf('-----BEGIN CERTIFICATE'))
    ours = startSshAgent(vault().folder, key)
    cpSync(EXAMPLE, join(home, 'plugins/node_modules/todo-cli-source-ssh-agent'), { recursive: true })
    mkdirSync(home, { recursive: true })
    env = vault().env({
      AUTHORITY: authority,
      CLIENT_ID: client.appId,
      SCOPES: api.scope,
      SSH_AUTH_SOCK: ours?.socket ?? '',
      SSH_AGENT_CERTIFICATE_FILE: certificate,
    })
  })
  afterAll(() => ours?.stop())
  const todo = (...argv: string[]) => runCli(argv, { env })

  it('is not known before the profile names the plugin', async () => {
    expectError(
      await todo('token', 'get', '--auth', 'ssh-agent'),
      2,
      /no way to authenticate named "ssh-agent"/,
    )
  })

  it('gets a token with a key that never leaves the agent, once the profile names it', async () => {
    expect((await todo('config', 'set', 'plugins', 'todo-cli-source-ssh-agent')).exitCode).toBe(0)
    const { stdout, exitCode } = await todo('token', 'get', '--auth', 'ssh-agent')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^eyJ/)
    const issued = vault().exchanges.filter(({ path }) => path.endsWith('/token'))
    expect(issued.map(({ status }) => status)).toEqual([200])
  })

  it('makes no request where the token is cached', async () => {
    vault().exchanges.splice(0)
    expect((await todo('token', 'get', '--auth', 'ssh-agent')).exitCode).toBe(0)
    expect(vault().exchanges).toEqual([])
  })

  it('says that it can not sign with PS256 where that is asked for', async () => {
    const argv = ['token', 'get', '--auth', 'ssh-agent', '--no-cache', '--assertion-alg', 'PS256']
    expectError(await todo(...argv), 2, /signs with RS256 only/)
  })

  it('takes its settings out of the profile, too, and lists them', async () => {
    await todo('config', 'set', 'sshAgentCertificateFile', env.SSH_AGENT_CERTIFICATE_FILE ?? '')
    const { SSH_AGENT_CERTIFICATE_FILE: _, ...rest } = env
    env = rest
    expect((await todo('token', 'get', '--auth', 'ssh-agent', '--no-cache')).exitCode).toBe(0)
    expect((await todo('config', 'get', 'sshAgentCertificateFile')).stdout).toContain('client.crt')
    expect((await todo('config', 'list')).stdout).toContain('sshAgentSocket')
  })

  it('is loaded by the built program as well', async () => {
    const { stdout, stderr, exitCode } = await spawnCli(
      ['token', 'get', '--auth', 'ssh-agent', '--no-cache'],
      { env },
    )
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(stdout).toMatch(/^eyJ/)
  })

  it('can be chosen in the profile', async () => {
    expect((await todo('config', 'set', 'auth', 'ssh-agent')).exitCode).toBe(0)
    expect((await todo('token', 'get', '--no-cache')).exitCode).toBe(0)
  })
})
