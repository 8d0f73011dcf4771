import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { startTenant } from '../../../../tenant/server.ts'
import { withTenant } from '../../../support/tenant.ts'
import {
  type AssertionSpec,
  ask,
  askToken,
  assertionFields,
  claimsOf,
  clientAssertion,
} from '../../../support/tenant-client.ts'

const tenant = withTenant()
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const GUID = '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10'

const withSecret = (fields: Record<string, string | undefined> = {}) =>
  askToken(tenant(), { client_secret: tenant().client.secret, ...fields })

const withAssertion = async (spec: AssertionSpec = {}, fields: Record<string, string | undefined> = {}) =>
  askToken(tenant(), { ...assertionFields(await clientAssertion(tenant(), spec)), ...fields })

type Asked = Promise<{
  status: number
  body: { error: string; error_codes: number[]; error_description: string }
}>

/** One refusal: HTTP status, OAuth error, AADSTS code, and the start of its sentence. */
async function refused(asked: Asked, status: number, error: string, code: number, sentence: string | RegExp) {
  const { status: got, body } = await asked
  expect({ status: got, error: body.error, codes: body.error_codes }).toEqual({
    status,
    error,
    codes: [code],
  })
  expect(body.error_description).toMatch(sentence instanceof RegExp ? sentence : `AADSTS${code}: ${sentence}`)
}

describe('a client that proves itself', () => {
  test('with its secret in the body gets a v2.0 token', async () => {
    const { status, body, headers } = await withSecret()
    expect(status).toBe(200)
    expect(Object.keys(body)).toEqual(['token_type', 'expires_in', 'ext_expires_in', 'access_token'])
    expect(headers['cache-control']).toBe('no-store, no-cache')
    const { tenantId, api, client, issuer } = tenant()
    expect(claimsOf(body.access_token)).toMatchObject({
      ...{
        aud: api.appId,
        iss: issuer,
        tid: tenantId,
        azp: client.appId,
        azpacr: '1',
        ver: '2.0',
        idtyp: 'app',
      },
      ...{
        oid: client.objectId,
        sub: client.objectId,
        roles: ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'],
      },
    })
    expect(claimsOf(body.access_token)).not.toHaveProperty('scp')
  })

  test('with its secret in a Basic header gets a token', async () => {
    const { appId, secret } = tenant().client
    const basic = Buffer.from(`${appId}:${encodeURIComponent(secret)}`).toString('base64')
    const answer = await askToken(
      tenant(),
      { client_id: undefined },
      { headers: { authorization: `Basic ${basic}` } },
    )
    expect(answer.status).toBe(200)
  })

  test.each(['PS256', 'RS256'] as const)('with a %s assertion gets a token that says so', async (alg) => {
    const { status, body } = await withAssertion({ alg })
    expect(status).toBe(200)
    expect(claimsOf(body.access_token)).toMatchObject({ azpacr: '2' })
  })

  test('gets a token that verifies with the published keys, and lives 60 to 90 minutes', async () => {
    const { body } = await withSecret()
    const { body: set } = await ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`)
    const { payload, protectedHeader } = await jwtVerify(body.access_token, createLocalJWKSet(set))
    expect(protectedHeader).toEqual({ typ: 'JWT', alg: 'RS256', kid: expect.any(String) })
    const { iat = 0, nbf, exp = 0 } = payload
    expect(nbf).toBe(iat)
    expect(exp - iat).toBeGreaterThanOrEqual(3900)
    expect(exp - iat).toBeLessThanOrEqual(5700)
    expect(body.expires_in).toBe(exp - iat - 301)
  })

  test('and has no role gets a token without roles, as from Entra', async () => {
    const { appId, secret } = tenant().clientWithoutRole
    const { status, body } = await withSecret({ client_id: appId, client_secret: secret })
    expect(status).toBe(200)
    expect(claimsOf(body.access_token)).not.toHaveProperty('roles')
  })

  test.each(['https://vault.azure.net', 'https://graph.microsoft.com'])(
    'gets a v1.0 token for %s',
    async (uri) => {
      const { body } = await withSecret({ scope: `${uri}/.default` })
      const { tenantId, client } = tenant()
      expect(decodeProtectedHeader(body.access_token)).toHaveProperty('x5t')
      const claims = claimsOf(body.access_token)
      expect(claims).toMatchObject({
        ...{
          aud: uri,
          iss: `https://sts.windows.net/${tenantId}/`,
          ver: '1.0',
          appid: client.appId,
          appidacr: '1',
        },
      })
      expect(claims).not.toHaveProperty('azp')
      // Graph asks for two claims that no other resource gets unasked.
      const ofGraph = uri.includes('graph') ? { idtyp: 'app', app_displayname: 'todo-daemon' } : {}
      const { idtyp, app_displayname } = claims
      expect({ idtyp, app_displayname }).toEqual({ idtyp: undefined, app_displayname: undefined, ...ofGraph })
    },
  )

  test.each(['domain', 'id in upper case'])('may name the tenant by its %s', async (form) => {
    const name = form === 'domain' ? 'contoso.onmicrosoft.com' : tenant().tenantId.toUpperCase()
    const url = tenant().tokenEndpoint.replace(tenant().tenantId, name)
    const answer = await askToken(tenant(), { client_secret: tenant().client.secret }, { url })
    expect(answer.status).toBe(200)
  })

  test.each<[string, AssertionSpec]>([
    ['dates with fractions', { claims: { nbf: Date.now() / 1000 - 0.5, exp: Date.now() / 1000 + 300.25 } }],
    ['a start that is slightly ahead', { claims: { nbf: Math.floor(Date.now() / 1000) + 60 } }],
    ['no start', { claims: { nbf: undefined } }],
    ['no type in its header', { header: { typ: undefined } }],
    ['the type of the JWT specification', { header: { typ: 'http://openid.net/specs/jwt/1.0' } }],
  ])('may send an assertion with %s', async (_, spec) => {
    expect((await withAssertion(spec)).status).toBe(200)
  })

  test('may pad x5t with =', async () => {
    const { client } = tenant()
    const { 'x5t#S256': _, x5t } = await thumbprintsOfPem(client.certificatePem)
    expect((await withAssertion({ alg: 'RS256', header: { x5t: `${x5t}=` } })).status).toBe(200)
  })

  test('may pad the parts of its assertion with =, as Python’s asynchronous CertificateCredential does', async () => {
    const { certificatePem } = tenant().client
    const padded = (part = '') => part.padEnd(Math.ceil(part.length / 4) * 4, '=')
    // A claim of a length that makes padding, whatever the others have.
    for (const pad of ['a', 'aa', 'aaa']) {
      const plain = await clientAssertion(tenant(), { alg: 'RS256', claims: { pad } })
      const input = plain.split('.').slice(0, 2).map(padded).join('.')
      const signature = sign('sha256', Buffer.from(input), createPrivateKey(certificatePem))
      const assertion = `${input}.${padded(signature.toString('base64url'))}`
      expect((await askToken(tenant(), assertionFields(assertion))).status).toBe(200)
    }
  })

  test('may ask for OpenID Connect’s scopes beside .default, as Go’s MSAL does, and gets nothing more for it', async () => {
    const scope = `${tenant().api.scope} openid offline_access profile`
    const { status, body } = await withSecret({ scope })
    expect(status).toBe(200)
    expect(Object.keys(body).toSorted()).toEqual([
      'access_token',
      'expires_in',
      'ext_expires_in',
      'token_type',
    ])
    expect(claimsOf(body.access_token)).not.toHaveProperty('scp')
  })

  test('may have line breaks within x5c', async () => {
    const lines = tenant().client.certificatePem.split('-----BEGIN CERTIFICATE-----')[1]?.split('-----END')[0]
    expect((await withAssertion({ header: { x5c: [lines] } })).status).toBe(200)
  })

  test('may address the assertion to the issuer', async () => {
    expect((await withAssertion({ claims: { aud: tenant().issuer } })).status).toBe(200)
  })

  test('may send fields that nobody knows', async () => {
    const url = `${tenant().tokenEndpoint}?client-request-id=${GUID}`
    const fields = {
      client_secret: tenant().client.secret,
      'x-client-SKU': 'msal.js.node',
      'x-client-OS': 'linux',
    }
    const { status, headers } = await askToken(tenant(), fields, { url })
    expect({ status, id: headers['client-request-id'] }).toEqual({ status: 200, id: GUID })
  })
})

async function thumbprintsOfPem(pem: string) {
  const { X509Certificate } = await import('node:crypto')
  const { thumbprintsOf } = await import('../../../../core/thumbprints.ts')
  return thumbprintsOf(new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERT'))).raw)
}

describe('the envelope of a refusal', () => {
  test('is Entra’s', async () => {
    const url = `${tenant().tokenEndpoint}?client-request-id=${GUID}`
    const { body, headers } = await askToken(tenant(), { client_secret: 'wrong' }, { url })
    expect(body).toMatchObject({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: headers['x-ms-request-id'],
      correlation_id: GUID,
      error_uri: 'https://login.microsoftonline.com/error?code=7000215',
    })
    const { trace_id, correlation_id, timestamp, error_description } = body
    expect(error_description).toContain(
      `. Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`,
    )
  })

  test('has no error_uri where Entra has none', async () => {
    const { body } = await withSecret({ grant_type: 'magic' })
    expect(body).not.toHaveProperty('error_uri')
  })

  test('never repeats the secret', async () => {
    const { text } = await withSecret({ client_secret: 'hunter2-hunter2' })
    expect(text).not.toContain('hunter2')
  })
})

describe('refused, as Entra refuses it:', () => {
  const tokenOf = (tenantName: string) =>
    askToken(
      tenant(),
      { client_secret: tenant().client.secret },
      { url: tenant().tokenEndpoint.replace(tenant().tenantId, tenantName) },
    )

  test('an unknown tenant', () =>
    refused(tokenOf(GUID), 400, 'invalid_request', 90002, `Tenant '${GUID}' not found. Check`))
  test('an unknown domain', () =>
    refused(tokenOf('other.onmicrosoft.com'), 400, 'invalid_request', 90002, 'Tenant'))
  test('a malformed tenant', () =>
    refused(
      tokenOf('not_a_tenant'),
      400,
      'invalid_request',
      900023,
      "Specified tenant identifier 'not_a_tenant'",
    ))
  test('an app on common', () =>
    refused(tokenOf('common'), 400, 'invalid_request', 50059, 'No tenant-identifying'))
  test('an unknown grant type', () =>
    refused(
      withSecret({ grant_type: 'password2' }),
      400,
      'unsupported_grant_type',
      70003,
      'The app requested an unsupported grant type',
    ))
  test.each(['grant_type', 'client_id', 'scope'])('a request without %s', (name) =>
    refused(
      withSecret({ [name]: undefined }),
      400,
      'invalid_request',
      900144,
      `The request body must contain the following parameter: '${name}'.`,
    ),
  )
  test('a body that is no form', () =>
    refused(
      ask(tenant(), tenant().tokenEndpoint, { body: { grant_type: 'client_credentials' } }),
      400,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'grant_type'.",
    ))
  test('an unknown client', () =>
    refused(
      withSecret({ client_id: GUID }),
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${GUID}' was not found in the directory '`,
    ))
  test.each(['00000000-0000-0000-0000-000000000000', 'daemon'])('the client id %s', (client_id) =>
    refused(
      withSecret({ client_id }),
      400,
      'unauthorized_client',
      700038,
      `${client_id} is not a valid application identifier.`,
    ),
  )
  test('no credential', () =>
    refused(
      withSecret({ client_secret: undefined }),
      401,
      'invalid_client',
      7000218,
      'The request body must contain',
    ))
  test('a wrong secret', () =>
    refused(
      withSecret({ client_secret: 'wrong' }),
      401,
      'invalid_client',
      7000215,
      'Invalid client secret provided. Ensure',
    ))
  test('the secret of another app', () =>
    refused(
      withSecret({ client_secret: tenant().clientWithoutRole.secret }),
      401,
      'invalid_client',
      7000215,
      'Invalid client secret',
    ))
  test('an unknown resource', () =>
    refused(
      withSecret({ scope: `api://${GUID}/.default` }),
      400,
      'invalid_resource',
      500011,
      `The resource principal named api://${GUID} was not found`,
    ))
  test('a scope without .default', () =>
    refused(
      withSecret({ scope: `${tenant().api.identifierUri}/ToDoList.Read` }),
      400,
      'invalid_scope',
      1002012,
      'The provided value for scope',
    ))
  test('a scope with .default and more', () =>
    refused(
      withSecret({ scope: `${tenant().api.scope} ${tenant().api.identifierUri}/x` }),
      400,
      'invalid_scope',
      1002012,
      'The provided',
    ))
  test('scopes of two resources', () =>
    refused(
      withSecret({ scope: `${tenant().api.scope} https://vault.azure.net/.default` }),
      400,
      'invalid_scope',
      70011,
      "The provided value for the input parameter 'scope'",
    ))
  test('a scope with characters that none has', () =>
    refused(withSecret({ scope: 'api://"x"/.default' }), 400, 'invalid_scope', 70011, 'The provided'))
})

describe('an assertion is refused, as Entra refuses it:', () => {
  const now = Math.floor(Date.now() / 1000)
  const hex = /[0-9A-F]{64}/

  test('not a JWT', () =>
    refused(
      askToken(tenant(), assertionFields('rubbish')),
      400,
      'invalid_request',
      50027,
      'JWT token is invalid or malformed.',
    ))
  test('three parts that are no JSON', () =>
    refused(askToken(tenant(), assertionFields('a.b.c')), 400, 'invalid_request', 50027, 'JWT token'))
  test('an unknown type in the header', () =>
    refused(
      withAssertion({ header: { typ: 'at+jwt' } }),
      400,
      'invalid_request',
      5002727,
      'Invalid JWT header type specified',
    ))
  test.each(['RS512', 'PS512'])('the algorithm %s', async (alg) => {
    const good = await clientAssertion(tenant())
    const header = Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')
    const assertion = [header, ...good.split('.').slice(1)].join('.')
    await refused(
      askToken(tenant(), assertionFields(assertion)),
      400,
      'invalid_request',
      5002738,
      `Invalid JWT token. '${alg}' is not`,
    )
  })
  test('an extension that must be understood', async () => {
    const good = await clientAssertion(tenant())
    const header = Buffer.from('{"alg":"PS256","crit":["b64"],"b64":false}').toString('base64url')
    const assertion = [header, ...good.split('.').slice(1)].join('.')
    await refused(askToken(tenant(), assertionFields(assertion)), 400, 'invalid_request', 50027, 'JWT')
  })
  test('an unsigned one', async () => {
    const [, claims] = (await clientAssertion(tenant())).split('.')
    const assertion = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.eA`
    await refused(
      askToken(tenant(), assertionFields(assertion)),
      400,
      'invalid_request',
      5002738,
      "Invalid JWT token. 'none'",
    )
  })
  test('a certificate that is not registered', () => {
    const certificatePem = selfSigned()
    return refused(
      withAssertion({ certificatePem, key: stranger.privateKey }),
      401,
      'invalid_client',
      700027,
      /The key was not found\., Thumbprint of key used by client: '[0-9A-F]{64}', Please visit/,
    )
  })
  test('no thumbprint', () =>
    refused(
      withAssertion({ header: { 'x5t#S256': undefined } }),
      401,
      'invalid_client',
      700027,
      /The key was not found/,
    ))
  test('a SHA-256 thumbprint within x5t', async () => {
    const { 'x5t#S256': sha256 } = await thumbprintsOfPem(tenant().client.certificatePem)
    await refused(
      withAssertion({ alg: 'RS256', header: { x5t: sha256 } }),
      401,
      'invalid_client',
      700027,
      hex,
    )
  })
  test('signed by another key', () =>
    refused(
      withAssertion({ key: stranger.privateKey }),
      401,
      'invalid_client',
      700027,
      /^AADSTS700027: Client assertion contains an invalid signature\. \[Reason - The provided signature value did not match/,
    ))
  test('changed after it was signed', async () => {
    const [header, , signature] = (await clientAssertion(tenant())).split('.')
    const claims = (await clientAssertion(tenant(), { claims: { jti: 'other' } })).split('.')[1]
    await refused(
      askToken(tenant(), assertionFields([header, claims, signature].join('.'))),
      401,
      'invalid_client',
      700027,
      /invalid signature/,
    )
  })
  test('x5c whose first certificate is another', () => {
    const other = selfSigned()
      .split('\n')
      .filter((line) => !line.startsWith('-'))
      .join('')
    return refused(
      withAssertion({ header: { x5c: [other] } }),
      401,
      'invalid_client',
      700027,
      /invalid signature/,
    )
  })
  test('expired', () =>
    refused(
      withAssertion({ claims: { nbf: now - 1200, exp: now - 600 } }),
      401,
      'invalid_client',
      700024,
      /not within its valid time range\. Current time: \S+\.\d{7}Z, assertion valid from/,
    ))
  test('not yet valid', () =>
    refused(
      withAssertion({ claims: { nbf: now + 900, exp: now + 1200 } }),
      401,
      'invalid_client',
      700024,
      'Client assertion is not within',
    ))
  test('without an end', () =>
    refused(withAssertion({ claims: { exp: undefined } }), 400, 'invalid_request', 50027, 'JWT'))
  test.each(['iss', 'sub'])('another app as %s', (claim) =>
    refused(
      withAssertion({ claims: { [claim]: GUID } }),
      401,
      'invalid_client',
      700021,
      "Client assertion application identifier doesn't match",
    ),
  )
  test.each(['https://login.microsoftonline.com/x', undefined])('the audience %s', (aud) =>
    refused(
      withAssertion({ claims: { aud } }),
      401,
      'invalid_client',
      700023,
      'Client assertion audience claim',
    ),
  )
  test('the certificate of another app', () => {
    const { certificatePem } = tenant().operator
    const key = createPrivateKey(certificatePem)
    return refused(
      withAssertion({ certificatePem, key }),
      401,
      'invalid_client',
      700027,
      /The key was not found/,
    )
  })

  function selfSigned() {
    return buildCertificate({
      subject: [{ type: 'CN', value: 'stranger' }],
      publicKey: stranger.publicKey,
      signer: { privateKey: stranger.privateKey },
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 86_400_000),
      keyUsage: ['digitalSignature'],
    })
  }
})

test('credentials whose dates have passed are refused, each in its own words', async () => {
  let now = new Date()
  const aged = await startTenant({ now: () => now })
  try {
    const day = 24 * 60 * 60 * 1000
    now = new Date(now.getTime() + 400 * day)
    const seconds = Math.floor(now.getTime() / 1000)
    const assertion = await clientAssertion(aged, {
      claims: { nbf: seconds, iat: seconds, exp: seconds + 600 },
    })
    await refused(
      askToken(aged, assertionFields(assertion)),
      401,
      'invalid_client',
      700027,
      /The key used is expired\., Thumbprint of key used by client: '[0-9A-F]{64}', Found key 'Start=\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d, End=/,
    )
    now = new Date(now.getTime() + 400 * day)
    await refused(
      askToken(aged, { client_secret: aged.client.secret }),
      401,
      'invalid_client',
      7000222,
      'The provided client secret keys for app',
    )
  } finally {
    await aged.close()
  }
})
