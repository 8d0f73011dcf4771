/** What the tenant is compared with: other issuers doing the same work over the same TLS, and the least that it can cost. */
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { createRequire } from 'node:module'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { verifyKeys } from '../../../tenant/issuer/jws.ts'
import type { ReadyServer, ServerPlan } from './plan.ts'

const requireRival = createRequire(import.meta.url)
const CLIENT_ID = 'bench'
const RESOURCE = 'https://api.example'

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = (key: KeyObject, kid: string, alg: string) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  alg,
  use: 'sig',
})

async function listening(tls: ServerPlan['tls'], listener: RequestListener): Promise<number> {
  const server = createServer({ cert: tls.certPem, key: tls.keyPem, keepAliveTimeout: 60_000 }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function ready(port: number, path: string, caPem: string, key: KeyObject): ReadyServer {
  return {
    port,
    path,
    caPem,
    clientId: CLIENT_ID,
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    header: { kid: 'client' },
    audience: `https://localhost:${port}${path}`,
    form: { scope: 'api', resource: RESOURCE },
  }
}

/** As it is: verifies the PS256 assertion, remembers its `jti`, and answers with an RS256 JWT for a resource. */
export async function oidcProvider({ tls, caPem }: ServerPlan): Promise<ReadyServer> {
  const { Provider } = await import(requireRival.resolve('oidc-provider'))
  const client = rsa()
  let handle: RequestListener = () => {}
  const port = await listening(tls, (request, response) => handle(request, response))
  const provider = new Provider(`https://localhost:${port}`, {
    jwks: { keys: [jwk(rsa().privateKey, 'issuer', 'RS256')] },
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'PS256',
        jwks: { keys: [jwk(client.publicKey, 'client', 'PS256')] },
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ['api'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'api',
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
  handle = provider.callback()
  return ready(port, '/token', caPem, client.privateKey)
}

/** As it is: takes any client, and does not look at the assertion. */
export async function mockServer({ tls, caPem }: ServerPlan): Promise<ReadyServer> {
  const { port } = await startMock(tls)
  return ready(port, '/token', caPem, rsa().privateKey)
}

/**
 * Made to do the same work, in the way that its README gives for a route of one's own: verifies the assertion with jose
 * (which it and oidc-provider use) by one of two registered keys, remembers its `jti`, and has oauth2-mock-server build
 * the token. The answer is that of its own token endpoint.
 */
export async function verifyingMockServer({ tls, caPem }: ServerPlan): Promise<ReadyServer> {
  const { port, service } = await startMock(tls)
  const path = '/verified/token'
  const client = rsa()
  const answer = ready(port, path, caPem, client.privateKey)
  const expected = { issuer: CLIENT_ID, subject: CLIENT_ID, audience: answer.audience }
  const keys = createLocalJWKSet({
    keys: [jwk(rsa().publicKey, 'other', 'PS256'), jwk(client.publicKey, 'client', 'PS256')],
  })
  const used = new Set<unknown>()
  service.addRoute('POST', path, async (request: MockRequest, response: ServerResponse) => {
    const { client_assertion: assertion = '', scope, resource: aud } = request.body
    const { payload } = await jwtVerify(assertion, keys, {
      ...expected,
      algorithms: ['PS256'],
      requiredClaims: ['exp', 'jti'],
    })
    if (used.has(payload.jti)) throw new Error('an assertion that was used before')
    used.add(payload.jti)
    const access_token = await service.buildToken(request, 3600, (_header: object, claims: object) =>
      Object.assign(claims, { scope, aud }),
    )
    const body = JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 3600, scope })
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Pragma', 'no-cache')
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    response.setHeader('Content-Length', Buffer.byteLength(body))
    response.end(body)
  })
  return answer
}

type MockRequest = IncomingMessage & { readonly body: Readonly<Record<string, string | undefined>> }

async function startMock(tls: ServerPlan['tls']) {
  const { OAuth2Issuer, OAuth2Service } = await import(requireRival.resolve('oauth2-mock-server'))
  const issuer = new OAuth2Issuer()
  await issuer.keys.generate('RS256')
  const service = new OAuth2Service(issuer)
  const port = await listening(tls, service.requestHandler)
  issuer.url = `https://localhost:${port}`
  return { port, service }
}

/** The least that an issuer on node:https can do for a token: one verification, one signature, nothing looked at. */
export async function bareServer({ tls, caPem }: ServerPlan): Promise<ReadyServer> {
  const client = rsa()
  const { privateKey } = rsa()
  const { PS256: clientKey } = verifyKeys(client.publicKey)
  const port = await listening(tls, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const assertion = /client_assertion=([\w.-]+)/.exec(Buffer.concat(chunks).toString())?.[1] ?? ''
      const [header, claims, signature = ''] = assertion.split('.')
      if (
        !verify('sha256', Buffer.from(`${header}.${claims}`), clientKey, Buffer.from(signature, 'base64url'))
      )
        throw new Error('a bad signature')
      const input = `${claims}.${claims}`
      const token = `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
      const body = JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 })
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body)
    })
  })
  return ready(port, '/token', caPem, client.privateKey)
}
