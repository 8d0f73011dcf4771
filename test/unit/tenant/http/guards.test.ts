/** What every service refuses before it looks at anything: other hosts, broken paths, other methods, other origins. */
import { connect as connectPlain } from 'node:net'
import { networkInterfaces } from 'node:os'
import { connect, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { ExchangeRecord } from '../../../../tenant/server.ts'
import { withTenant } from '../../../support/tenant.ts'
import { accessToken, ask } from '../../../support/tenant-client.ts'

const log: ExchangeRecord[] = []
const tenant = withTenant({ onLog: (record) => log.push(record) })
const SERVICES = ['issuer', 'vault', 'graph', 'admin'] as const
type Name = (typeof SERVICES)[number]
const at = (name: Name, path: string, options: Parameters<typeof ask>[2] = {}) =>
  ask(tenant(), `https://localhost:${tenant().ports[name]}${path}`, options)
const PATHS: Record<Name, () => string> = {
  issuer: () => `/${tenant().tenantId}/v2.0/.well-known/openid-configuration`,
  vault: () => '/certificates?api-version=7.4',
  graph: () => '/v1.0/applications',
  admin: () => '/status',
}

/** One request by hand, exactly as written. Returns the answer's first line and headers. */
function raw(name: Name, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      ...{ port: tenant().ports[name], host: '127.0.0.1', ca: tenant().caPem, servername: 'localhost' },
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.on('secureConnect', () => socket.end(request))
  })
}

describe.each(SERVICES)('%s', (name) => {
  test.each([
    'evil.example',
    'localhost',
    'localhost:1',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example#localhost',
    '0.0.0.0',
    '192.168.0.1',
    '169.254.169.254',
    '[::ffff:127.0.0.1]',
  ])('does not answer for the host %s', async (host) => {
    log.length = 0
    const port = host.includes(':1') || host === 'localhost' ? '' : `:${tenant().ports[name]}`
    const { status, text } = await at(name, PATHS[name](), { headers: { host: host + port } })
    expect(status).toBe(421)
    expect(text).not.toContain(tenant().tenantId)
    expect(log).toMatchObject([{ service: name, status: 421, reason: expect.stringContaining('host') }])
  })

  test.each(['127.0.0.1', '[::1]', 'LOCALHOST'])('answers for the host %s', async (host) => {
    const headers = { host: `${host}:${tenant().ports[name]}` }
    expect((await at(name, PATHS[name](), { headers })).status).not.toBe(421)
  })

  test('does not answer a request without a host', async () => {
    const answer = await raw(name, `GET ${PATHS[name]()} HTTP/1.0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 421 /)
  })

  test('does not answer one with two hosts', async () => {
    const own = `localhost:${tenant().ports[name]}`
    const answer = await raw(
      name,
      `GET / HTTP/1.1\r\nhost: ${own}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 4/)
  })

  test.each(['/%', '/%zz', '/a%', '/%c3%28'])('does not take the path %s', async (path) => {
    const { status, text } = await at(name, path)
    expect({ status, text }).toEqual({ status: 400, text: 'The path has a broken percent-encoding.\n' })
  })

  test('takes no other method, and says which it takes', async () => {
    const token = await accessToken(tenant(), 'https://vault.azure.net/.default', 'operator')
    // The vault asks first who it is; the others do not look at a token for this.
    const { status, headers } = await at(name, PATHS[name](), { method: 'TRACE', token })
    expect(status).toBe(405)
    expect(headers.allow).toContain('GET')
  })

  test('has nothing at another address, and then names no method for it', async () => {
    const { status, headers } = await at(name, `${PATHS[name]().split('?')[0]}/no/such/thing/here`)
    expect([400, 401, 404]).toContain(status)
    expect(headers).not.toHaveProperty('allow')
  })

  test.each(['GET', 'OPTIONS'])('gives no other origin leave to read it: %s', async (method) => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
    const { headers: got } = await at(name, PATHS[name](), { method, headers })
    expect(Object.keys(got).filter((header) => header.startsWith('access-control'))).toEqual([])
  })

  test('speaks TLS alone', async () => {
    const text = await new Promise<string>((resolve) => {
      const socket = connectPlain(tenant().ports[name], '127.0.0.1', () => {
        socket.write(`GET / HTTP/1.1\r\nhost: localhost:${tenant().ports[name]}\r\n\r\n`)
      })
      let got = ''
      socket.on('data', (chunk) => {
        got += chunk.toString('latin1')
      })
      socket.on('error', () => resolve(got))
      socket.on('close', () => resolve(got))
    })
    expect(text).not.toContain('HTTP/1.1 200')
  })

  test('is on 127.0.0.1 alone: no other address of this machine reaches it', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
    for (const { address } of others) {
      const refused = await new Promise<boolean>((resolve) => {
        const socket = connectPlain(tenant().ports[name], address)
        socket.on('connect', () => {
          socket.destroy()
          resolve(false)
        })
        socket.on('error', () => resolve(true))
      })
      expect(refused).toBe(true)
    }
  })
})

describe('a cloud name', () => {
  test.each<[Name, string]>([
    ['issuer', 'graph.microsoft.com'],
    ['issuer', 'my-vault.vault.azure.net'],
    ['vault', 'login.microsoftonline.com'],
    ['vault', 'graph.microsoft.com'],
    ['graph', 'login.microsoftonline.com'],
    ['graph', 'my-vault.vault.azure.net'],
    ['admin', 'login.microsoftonline.com'],
    ['admin', 'my-vault.vault.azure.net'],
  ])('of another service is not answered by the %s: %s', async (name, host) => {
    expect((await at(name, PATHS[name](), { headers: { host } })).status).toBe(421)
  })

  test('is answered on 443 alone', async () => {
    const host = 'login.microsoftonline.com'
    expect((await at('issuer', PATHS.issuer(), { host: `${host}:443` })).status).toBe(200)
    expect((await at('issuer', PATHS.issuer(), { headers: { host: host.toUpperCase() } })).status).toBe(200)
    expect((await at('issuer', PATHS.issuer(), { host: `${host}:${tenant().ports.issuer}` })).status).toBe(
      421,
    )
  })

  test('is shown a certificate of its own, any other name the loopback one', async () => {
    const subjectFor = (servername: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(
          { port: tenant().ports.vault, host: '127.0.0.1', servername, rejectUnauthorized: false },
          () => {
            resolve(String(socket.getPeerCertificate().subject.CN))
            socket.destroy()
          },
        )
        socket.on('error', reject)
      })
    expect(await subjectFor('my-vault.vault.azure.net')).toBe('my-vault.vault.azure.net')
    expect(await subjectFor('evil.example')).toBe('localhost')
    expect(await subjectFor('microsoft.com')).toBe('localhost')
  })
})
