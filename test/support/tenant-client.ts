import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { decodeJwt, type JWTHeaderParameters, SignJWT } from 'jose'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { Tenant } from '../../tenant/server.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; an empty object where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any
}

export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** An object is sent as JSON, URLSearchParams as a form. */
  readonly body?: string | URLSearchParams | object
  readonly token?: string
  /** The Host header and TLS server name, where it is not the URL's. */
  readonly host?: string
  /** Done after the tenant has begun with the call, and before it gets the body. */
  readonly meanwhile?: (() => Promise<unknown>) | undefined
}

/** One HTTPS request that trusts the tenant's CA alone. */
export function ask(tenant: Pick<Tenant, 'caPem'>, url: string, options: Ask = {}): Promise<Reply> {
  const { body, token, host, meanwhile } = options
  const isText = typeof body === 'string' || body instanceof URLSearchParams
  const payload = body === undefined ? undefined : isText ? body.toString() : JSON.stringify(body)
  const type = body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
  const headers = {
    ...(payload === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(host === undefined ? {} : { host }),
    ...(meanwhile === undefined ? {} : { expect: '100-continue' }),
    ...options.headers,
  }
  const servername = (host ?? new URL(url).hostname).replace(/:\d+$/, '')
  const tls = { ca: tenant.caPem, agent: false, servername }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: options.method ?? (body ? 'POST' : 'GET'), headers, ...tls },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) })
        })
      },
    )
    outgoing.on('error', reject)
    if (meanwhile === undefined) outgoing.end(payload)
    else outgoing.on('continue', () => meanwhile().then(() => outgoing.end(payload), reject))
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** A token request; a field set to undefined is left out. */
export function askToken(
  tenant: Tenant,
  fields: Record<string, string | undefined> = {},
  options: Ask & { url?: string } = {},
) {
  const form = new URLSearchParams()
  const all = {
    grant_type: 'client_credentials',
    client_id: tenant.client.appId,
    scope: tenant.api.scope,
    ...fields,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.set(name, value)
  return ask(tenant, options.url ?? tenant.tokenEndpoint, { ...options, body: form })
}

/** An access token, got with a secret or (for the operator) with its certificate. */
export async function accessToken(
  tenant: Tenant,
  scope = tenant.api.scope,
  who: 'client' | 'operator' = 'client',
) {
  const { appId, certificatePem } = tenant[who]
  const assertion = await clientAssertion(tenant, { clientId: appId, certificatePem })
  const { body } = await askToken(tenant, { client_id: appId, scope, ...assertionFields(assertion) })
  return tokenOf(body)
}

/** The token of an answer that has to have one: any text would do for a test of what is refused. */
export function tokenOf(body: { access_token?: unknown; error_description?: unknown }): string {
  if (typeof body.access_token !== 'string') throw new Error(`no token: ${body.error_description}`)
  return body.access_token
}

export function assertionFields(assertion: string) {
  return {
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
}

export interface AssertionSpec {
  readonly clientId?: string
  readonly certificatePem?: string
  /** Signs in place of the certificate's own key. */
  readonly key?: KeyObject
  readonly alg?: 'PS256' | 'RS256'
  /** Over the header that the algorithm has; undefined removes a member. */
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
}

/** A client assertion as MSAL makes it, with whatever is to be wrong about it. */
export function clientAssertion(tenant: Tenant, spec: AssertionSpec = {}): Promise<string> {
  const {
    clientId = tenant.client.appId,
    certificatePem = tenant.client.certificatePem,
    alg = 'PS256',
  } = spec
  const { x5t, 'x5t#S256': x5tS256 } = thumbprintsOf(new X509Certificate(certificateOf(certificatePem)).raw)
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    ...{ iss: clientId, sub: clientId, aud: tenant.tokenEndpoint, jti: randomUUID() },
    ...{ nbf: now, iat: now, exp: now + 600 },
    ...spec.claims,
  }
  const header = { typ: 'JWT', alg, ...(alg === 'PS256' ? { 'x5t#S256': x5tS256 } : { x5t }), ...spec.header }
  const key = spec.key ?? createPrivateKey(certificatePem)
  return new SignJWT(defined(claims)).setProtectedHeader(defined(header) as JWTHeaderParameters).sign(key)
}

function defined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** The public part of a PEM that has a key before its certificate. */
export function certificateOf(pem: string): string {
  return pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'))
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return decodeJwt(token)
}
