/**
 * Whatever keeps an answer of the issuer away is told as what it is, for each kind of authority: MSAL alone says
 * `endpoints_resolution_error` or `network_error` to all of it, and nothing at all for a minute after one 429 or 503.
 */
import { writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, runCli, temporaryHome } from '../../../support/cli.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { freePort } from '../../../support/ports.ts'
import { startWebServer, type Tls, tlsFor } from '../../../support/web-server.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const KINDS = {
  loopback: 'localhost',
  cloud: 'login.microsoftonline.com',
  'external-id': 'contoso.ciamlogin.com',
  other: 'login.example.com',
} as const
type Kind = keyof typeof KINDS

const { folder, env: home } = temporaryHome()
const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

/** For each host a certificate that is in order, and for all one that is not. */
const tls: Record<string, Tls> = {}
let caFile = ''
beforeAll(async () => {
  for (const host of Object.values(KINDS)) {
    tls[host] = await tlsFor(host)
    tls[`${host} expired`] = await tlsFor(host, { until: -1 })
    tls[`${host} unknown`] = await tlsFor(host)
  }
  tls.elsewhere = await tlsFor('elsewhere.example')
  caFile = join(folder, 'cas.pem')
  const trusted = Object.entries(tls).filter(([name]) => !name.endsWith('unknown'))
  await writeFile(caFile, trusted.map(([, { cert }]) => cert).join(''))
})

interface Way {
  readonly env?: Record<string, string>
  /** Of the host itself; through a proxy that leads the names of the cloud to it. */
  readonly port: number
  readonly login?: string
  readonly refusal?: number
}

/** Whom a kind is asked of first: what a host of another kind is, MSAL asks the public cloud before it asks the host. */
const ASKED: Readonly<Record<Kind, string>> = { ...KINDS, other: KINDS.cloud }

async function token(kind: Kind, { port, env = {}, login, refusal }: Way) {
  const host = KINDS[kind]
  const local = kind === 'loopback' && login === undefined && refusal === undefined
  const proxy = await startConnectProxy(() => (refusal === undefined ? port : undefined), {
    ...(login === undefined ? {} : { login }),
    ...(refusal === undefined ? {} : { refusal }),
  })
  closing.push(() => proxy.close())
  return runCli(['token', 'show', '--verbose'], {
    env: {
      ...home,
      AUTHORITY: `https://${host}${kind === 'loopback' ? `:${port}` : ''}/${TENANT}`,
      CLIENT_ID: TENANT,
      CLIENT_SECRET: 'a-secret',
      SCOPES: `api://${TENANT}/.default`,
      TODO_CLI_CA_FILE: caFile,
      ...(local ? {} : { HTTPS_PROXY: proxy.url }),
      ...env,
    },
  })
}

const AT_ONCE = { 'retry-after': new Date(0).toUTCString() }
const answering =
  (status: number, body = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, { ...AT_ONCE, ...headers }).end(body)

const serving = async (listener: RequestListener, identity: Tls | undefined): Promise<Way> => {
  const { port } = await startWebServer(listener, identity)
  return { port }
}

type Failure = readonly [what: string, make: (host: string) => Promise<Way>, told: RegExp]

/** Every failure, by what makes it; the metadata of a cloud is known to MSAL, so there it is the token that is asked for. */
const FAILURES: readonly Failure[] = [
  [
    'nothing that listens',
    async () => ({ port: await freePort() }),
    /nothing listens there|the proxy \(HTTPS_PROXY\) refused the connection$/m,
  ],
  [
    'a cut connection',
    (host) => serving((request) => void request.socket.destroy(), tls[host]),
    /it closed the connection/,
  ],
  ['a server without TLS', () => serving(answering(200), undefined), /does not speak TLS/],
  [
    'a CA that is not known',
    (host) => serving(answering(200), tls[`${host} unknown`]),
    /is not trusted: its CA is not known here/,
  ],
  [
    'a certificate for another name',
    () => serving(answering(200), tls.elsewhere),
    /is not trusted: it is for another host name/,
  ],
  [
    'a certificate that has expired',
    (host) => serving(answering(200), tls[`${host} expired`]),
    /is not trusted: its certificate, or that of its CA, has expired/,
  ],
  [
    'no answer in time',
    async (host) => ({ ...(await serving(() => {}, tls[host])), env: { TODO_CLI_TIMEOUT: '300ms' } }),
    /no answer within 0\.3 s/,
  ],
  [
    'a page in place of JSON',
    (host) => serving(answering(200, '<html>Welcome</html>'), tls[host]),
    /is not (the authority of a tenant|an issuer)/,
  ],
  [
    'a redirect',
    (host) => serving(answering(302, '', { location: 'https://example.com/' }), tls[host]),
    /is not (the authority of a tenant|an issuer)/,
  ],
  ['404', (host) => serving(answering(404), tls[host]), /is not (the authority of a tenant|an issuer)/],
  [
    'an empty answer',
    (host) => serving(answering(200), tls[host]),
    /is not (the authority of a tenant|an issuer)/,
  ],
  [
    'a list',
    (host) => serving(answering(200, '[]'), tls[host]),
    /is not (the authority of a tenant|an issuer)/,
  ],
  ['500', (host) => serving(answering(500), tls[host]), /answers 500/],
  ['502', (host) => serving(answering(502), tls[host]), /answers 502/],
  ['503', (host) => serving(answering(503), tls[host]), /answers 503/],
  ['429', (host) => serving(answering(429), tls[host]), /answers 429/],
  [
    '429 with a long wait',
    (host) => serving(answering(429, '', { 'retry-after': '3600' }), tls[host]),
    /answers 429/,
  ],
  [
    'an error in words of Entra',
    (host) =>
      serving(
        answering(
          400,
          JSON.stringify({
            error: 'invalid_request',
            error_description: 'AADSTS90002: x',
            error_codes: [90002],
          }),
        ),
        tls[host],
      ),
    /there is no such tenant in this cloud \(AADSTS90002\)/,
  ],
  [
    'a proxy that refuses',
    async () => ({ port: 1, refusal: 403 }),
    /the proxy \(HTTPS_PROXY\) refused the connection \(403\)/,
  ],
  [
    'a proxy that wants a login',
    async () => ({ port: 1, login: 'user:word' }),
    /the proxy \(HTTPS_PROXY\) wants a user name and a password \(407\)/,
  ],
]

describe.each(Object.entries(ASKED))('at an authority of the kind %s', (kind, host) => {
  it.concurrent.each(FAILURES)('%s is told as such', async (_, make, told) => {
    const { stderr, ...result } = await token(kind as Kind, await make(host))
    const [causes, shown] = [stderr.match(/^> .*$/gm) ?? [], stderr.replace(/^> .*\n/gm, '')]
    expectError({ ...result, stderr: shown }, result.exitCode ?? 0, told)
    expect([2, 4, 6]).toContain(result.exitCode)
    expect(shown).toMatch(/^hint: \S/m)
    expect(shown).not.toMatch(/endpoints_resolution|network_error|openid_config|90033|AuthError|undefined/i)
    expect(causes.join('\n')).not.toMatch(/word|a-secret/)
  })
})

describe('after one 429 or 503', () => {
  it.each([429, 503])(
    '%i the next run asks again at once: nobody waits for the minute that MSAL would',
    async (status) => {
      let busy = true
      const origin = () => server.origin
      const server = await startWebServer((request, response) => {
        if (request.method === 'POST' && busy) return answering(status)(request, response)
        const body =
          request.method === 'POST'
            ? { token_type: 'Bearer', expires_in: 3599, access_token: 'e30.e30.x' }
            : {
                issuer: `${origin()}/${TENANT}/v2.0`,
                token_endpoint: `${origin()}/${TENANT}/oauth2/v2.0/token`,
                authorization_endpoint: origin(),
                jwks_uri: origin(),
              }
        return answering(200, JSON.stringify(body), { 'content-type': 'application/json' })(request, response)
      }, tls.localhost)
      const way = { port: server.port }
      expect((await token('loopback', way)).stderr).toMatch(new RegExp(`the issuer answers ${status}`))
      busy = false
      expect((await token('loopback', way)).exitCode).toBe(0)
    },
  )
})
