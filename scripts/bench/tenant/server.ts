/** One issuer in a process of its own: the local tenant, or a rival doing the same work over the same TLS. */
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import { createRequire } from 'node:module'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { startTenant } from '../../../tenant/server.ts'
import type { ReadyServer, ServerPlan } from './plan.ts'

const requireRival = createRequire(import.meta.url)
const CLIENT_ID = 'bench'

process.once('message', (plan: ServerPlan) => {
  const start = { tenant: tenantServer, 'oidc-provider': oidcProvider, 'oauth2-mock-server': mockServer }[
    plan.variant
  ]
  start(plan).then(
    (ready) => {
      process.send?.(ready)
      process.on('message', () => process.send?.(cpu()))
    },
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
/** Processor time so far, in microseconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

process.once('disconnect', () => process.exit(0))

async function tenantServer(): Promise<ReadyServer> {
  const { ports, tokenEndpoint, caPem, client, api } = await startTenant()
  const certificate = new X509Certificate(
    client.certificatePem.slice(client.certificatePem.indexOf('-----BEGIN CERT')),
  )
  return {
    port: ports.issuer,
    path: new URL(tokenEndpoint).pathname,
    caPem,
    clientId: client.appId,
    privateKeyPem: client.certificatePem,
    header: { 'x5t#S256': thumbprintsOf(certificate.raw)['x5t#S256'] },
    audience: tokenEndpoint,
    form: { scope: api.scope },
  }
}

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = (key: KeyObject, kid: string, alg: string) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  alg,
  use: 'sig',
})

async function listening(
  tls: ServerPlan['tls'],
  listener: RequestListener,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ cert: tls.certPem, key: tls.keyPem, keepAliveTimeout: 60_000 }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
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
    form: { scope: 'api', resource: 'https://api.example' },
  }
}

/** Verifies the PS256 assertion, and answers with an RS256 JWT for a resource. */
async function oidcProvider({ tls, caPem }: ServerPlan): Promise<ReadyServer> {
  const { Provider } = await import(requireRival.resolve('oidc-provider'))
  const client = rsa()
  let handle: RequestListener = () => {}
  const { port } = await listening(tls, (request, response) => handle(request, response))
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
          audience: 'https://api.example',
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

/** Takes any client: it does not look at the assertion. */
async function mockServer({ tls, caPem }: ServerPlan): Promise<ReadyServer> {
  const { OAuth2Issuer, OAuth2Service } = await import(requireRival.resolve('oauth2-mock-server'))
  const issuer = new OAuth2Issuer()
  await issuer.keys.generate('RS256')
  const service = new OAuth2Service(issuer)
  const { port } = await listening(tls, service.requestHandler)
  issuer.url = `https://localhost:${port}`
  return ready(port, '/token', caPem, rsa().privateKey)
}
