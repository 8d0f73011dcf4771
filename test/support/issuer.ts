/**
 * A tiny issuer on a real HTTPS socket: discovery, keys, and tokens signed by them. It can be stopped, made to answer
 * nonsense, and counts who asks. For everything that a healthy tenant does, use the local tenant instead.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, type JWK, type JWTPayload, type KeyObject, SignJWT } from 'jose'
import { buildCertificate } from '../../core/forge/x509.ts'
import { pkcs8, rsaKeys } from './certificates.ts'

type SignKey = CryptoKey | KeyObject | Uint8Array

export interface IssuerKey {
  readonly kid: string
  readonly privateKey: SignKey
  readonly jwk: JWK
}

export interface TestIssuer {
  readonly tenantId: string
  readonly clientId: string
  readonly authority: string
  readonly issuer: string
  readonly caPem: string
  readonly requests: { discovery: number; keys: number }
  /** What the two documents are now; a function is asked for each request. */
  discovery: Record<string, unknown>
  keys: unknown
  /** `up`; `down` cuts every connection; `error` answers 500; `redirect` sends elsewhere; `html`; `huge`; `hang`. */
  mode: 'up' | 'down' | 'error' | 'redirect' | 'html' | 'huge' | 'hang'
  readonly key: IssuerKey
  newKey(kid?: string): Promise<IssuerKey>
  /** An app's token with the role ReadWrite.All, unless `claims` say otherwise (undefined removes one). */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>
  /** A user's token: `scp`, `oid` unlike `sub`. */
  userToken(scp?: string, claims?: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

let tlsIdentity: Promise<{ certPem: string; keyPem: string }> | undefined

/** A self-signed certificate for localhost, which is its own CA. */
export function localhostTls(): Promise<{ certPem: string; keyPem: string }> {
  tlsIdentity ??= rsaKeys().then((keys) => ({
    certPem: buildCertificate({
      subject: [{ type: 'CN', value: 'localhost' }],
      publicKey: keys.publicKey,
      signer: { privateKey: keys.privateKey },
      notBefore: new Date(Date.now() - 86_400_000),
      notAfter: new Date(Date.now() + 86_400_000),
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['serverAuth'],
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    }),
    keyPem: pkcs8(keys.privateKey),
  }))
  return tlsIdentity
}

export async function newIssuerKey(kid: string = randomUUID()): Promise<IssuerKey> {
  const { privateKey, publicKey } = await rsaKeys()
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } }
}

export async function startIssuer(): Promise<TestIssuer> {
  const tls = await localhostTls()
  const key = await newIssuerKey()
  const other = await newIssuerKey()
  const tenantId = randomUUID()
  const clientId = randomUUID()
  const server = createServer({ cert: tls.certPem, key: tls.keyPem }, (req, res) => {
    const wantsKeys = req.url?.endsWith('/keys') === true
    issuer.requests[wantsKeys ? 'keys' : 'discovery'] += 1
    const json = (body: unknown) =>
      res.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    switch (issuer.mode) {
      case 'down':
        return req.socket.destroy()
      case 'error':
        return res.writeHead(500).end()
      case 'redirect':
        return res.writeHead(302, { location: `${req.url}?again` }).end()
      case 'html':
        return res.end('<html>')
      case 'huge':
        return res.end(' '.repeat(300_000))
      case 'hang':
        return undefined
      case 'up':
        return json(wantsKeys ? issuer.keys : issuer.discovery)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const authority = `https://localhost:${(server.address() as AddressInfo).port}/${tenantId}`
  const name = `${authority}/v2.0`

  const issuer: TestIssuer = {
    tenantId,
    clientId,
    authority,
    issuer: name,
    caPem: tls.certPem,
    requests: { discovery: 0, keys: 0 },
    discovery: { issuer: name, jwks_uri: `${authority}/discovery/v2.0/keys` },
    keys: { keys: [other.jwk, key.jwk] },
    mode: 'up',
    key,
    newKey: newIssuerKey,
    token: (claims = {}, header = {}, signer = key) => {
      const now = Math.floor(Date.now() / 1000)
      const oid = randomUUID()
      const payload: JWTPayload = {
        aud: clientId,
        iss: name,
        iat: now - 300,
        nbf: now - 300,
        exp: now + 3600,
        azp: randomUUID(),
        azpacr: '2',
        oid,
        sub: oid,
        tid: tenantId,
        ver: '2.0',
        roles: ['ToDoList.ReadWrite.All'],
        ...claims,
      }
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: signer.kid, ...header })
        .sign(signer.privateKey)
    },
    userToken: (scp = 'ToDoList.ReadWrite', claims = {}) =>
      issuer.token({ roles: undefined, scp, oid: randomUUID(), sub: 'pairwise', ...claims }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return issuer
}
