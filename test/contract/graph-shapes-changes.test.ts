/**
 * What changes and removes apps: each request, member by member, and answers in the shape of Microsoft's reference pages.
 *
 * https://learn.microsoft.com/graph/api/ application-update, application-delete, application-addkey, application-removekey,
 * application-removepassword, serviceprincipal-update, oauth2permissiongrant-update, approleassignment-list,
 * directory-deleteditems-list, directory-deleteditems-delete, tenantappmanagementpolicy-get
 */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { json as readJson } from 'node:stream/consumers'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import { withRegistrations } from '../support/registrations.ts'
import { certificateOf } from '../support/tenant-client.ts'
import { startWebServer, type WebServer } from '../support/web-server.ts'

const at = withRegistrations()
const [OBJECT, APP, API, API_OBJECT] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
const [PRINCIPAL, RESOURCE, KEY] = [randomUUID(), randomUUID(), randomUUID()]

type Body = Record<string, unknown>
let server: WebServer
let answers: Record<string, [status: number, body?: object]> = {}
const sent: { readonly call: string; readonly body: Body }[] = []
const IDS = /[0-9a-f]{8}-[0-9a-f-]{27}/g

const listener: RequestListener = async (request, response) => {
  const call = `${request.method} ${decodeURIComponent(request.url ?? '').replace('/v1.0', '')}`
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0
  if (request.method !== 'GET') sent.push({ call, body: hasBody ? ((await readJson(request)) as Body) : {} })
  const known = Object.entries(answers).find(([start]) => call.startsWith(start))?.[1]
  const [status, body] = known ?? (request.method === 'GET' ? MISSING : [204])
  response.writeHead(status, { 'content-type': 'application/json;odata.metadata=minimal;charset=utf-8' })
  response.end(body === undefined ? '' : JSON.stringify(body))
}

const error = (code: string, message: string) => ({
  error: {
    code,
    message,
    innerError: { date: '2025-01-01T00:00:00', 'request-id': KEY, 'client-request-id': KEY },
  },
})
const MISSING: [number, object] = [
  404,
  error(
    'Request_ResourceNotFound',
    `Resource '${KEY}' does not exist or one of its queried objects are not present.`,
  ),
]
const page = (type: string, ...value: object[]) => ({
  '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#${type}`,
  value,
})

/** As the page of application-get has it, with members that nobody here looks at. */
const application = (more: object = {}) => ({
  '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#applications/$entity',
  id: OBJECT,
  appId: APP,
  uniqueName: null,
  displayName: 'Display name',
  signInAudience: 'AzureADMyOrg',
  deletedDateTime: null,
  isFallbackPublicClient: null,
  identifierUris: [],
  tags: ['todo-cli'],
  api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [] },
  appRoles: [],
  optionalClaims: null,
  requiredResourceAccess: [{ resourceAppId: API, resourceAccess: [{ id: KEY, type: 'Role' }] }],
  keyCredentials: [],
  passwordCredentials: [],
  ...more,
})
const otherKey = {
  customKeyIdentifier: Buffer.alloc(20, 0x52).toString('base64'),
  displayName: 'CN=theirs',
  endDateTime: '2099-03-20T14:12:32Z',
  key: Buffer.from('theirs').toString('base64'),
  keyId: KEY,
  startDateTime: '2025-03-20T14:12:32Z',
  type: 'AsymmetricX509Cert',
  usage: 'Verify',
}

beforeAll(async () => {
  const { certPem: cert, keyPem: key } = at().tenant.tls
  server = await startWebServer(listener, { cert, key })
})
beforeEach(() => {
  sent.length = 0
  answers = { [`GET /applications(appId='${APP}')`]: [200, application()] }
})

const run = (...argv: readonly string[]) =>
  at().cli([...argv, '--client-id', APP], { TODO_CLI_GRAPH_URL: `${server.origin}/v1.0` })
const shapes = () =>
  sent.map(({ call, body }) => [call.replace(IDS, 'ID'), ...Object.keys(body).toSorted()].join(' '))
const operator = () => join(at().folder, 'operator.pem')
const withKeys = (...keyCredentials: object[]) => {
  answers[`GET /applications(appId='${APP}')`] = [200, application({ keyCredentials })]
}

describe('app credential', () => {
  test('add sends the whole collection: the others as they were, and a new one with its key', async () => {
    withKeys(otherKey)
    await run('app', 'credential', 'add', operator())
    expect(shapes()).toEqual(['PATCH /applications/ID keyCredentials'])
    const { keyCredentials } = sent[0]?.body ?? {}
    const [first, second] = Array.isArray(keyCredentials) ? (keyCredentials as Body[]) : []
    expect(first).toEqual(otherKey)
    expect(Object.keys(second ?? {}).toSorted()).toEqual(
      ['displayName', 'endDateTime', 'key', 'keyId', 'startDateTime', 'type', 'usage'].toSorted(),
    )
    expect(second).toMatchObject({ type: 'AsymmetricX509Cert', usage: 'Verify' })
  })

  test('remove of a certificate sends those that stay', async () => {
    withKeys(otherKey, { ...otherKey, keyId: OBJECT })
    expect((await run('app', 'credential', 'remove', OBJECT)).exitCode).toBe(0)
    expect(sent.map(({ body }) => body)).toEqual([{ keyCredentials: [otherKey] }])
  })

  test('remove of a secret sends its key id, and takes 400 for one that is gone already', async () => {
    const secret = { keyId: OBJECT, displayName: null, hint: 'abc', endDateTime: '2099-01-01T00:00:00Z' }
    answers = {
      [`GET /applications(appId='${APP}')`]: [
        200,
        application({ passwordCredentials: [secret], keyCredentials: [otherKey] }),
      ],
      'POST /applications': [400, error('Request_BadRequest', 'No password credential found with keyId.')],
    }
    expect((await run('app', 'credential', 'remove', OBJECT)).exitCode).toBe(0)
    expect(shapes()).toEqual(['POST /applications/ID/removePassword keyId'])
  })

  test.each([
    ['add', 'addKey keyCredential passwordCredential proof'],
    ['remove', 'removeKey keyId proof'],
  ])('%s with --proof sends what the page has', async (verb, shape) => {
    answers[`POST /applications/${OBJECT}/addKey`] = [200, { ...otherKey, key: null }]
    const { tenant, env } = at()
    const given = verb === 'add' ? operator() : KEY
    const certificate = join(at().folder, 'client.pem')
    await writeFile(certificate, tenant.client.certificatePem, { mode: 0o600 })
    const { exitCode, stderr } = await at().cli(['app', 'credential', verb, given, '--proof'], {
      ...env,
      TODO_CLI_GRAPH_URL: `${server.origin}/v1.0`,
      TODO_CLI_AUTH: 'cert',
      TODO_CLI_APP_OBJECT_ID: OBJECT,
      CERT_PRIVATE_KEY_FILE: certificate,
      CLIENT_ID: tenant.client.appId,
      AUTHORITY: tenant.authority,
    })
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(shapes()).toEqual([`POST /applications/ID/${shape}`])
    const { proof, passwordCredential } = sent[0]?.body ?? {}
    if (verb === 'add') expect(passwordCredential).toBeNull()
    const { aud, iss, nbf = 0, exp = 0 } = decodeJwt(String(proof))
    expect({ aud, iss }).toEqual({ aud: '00000002-0000-0000-c000-000000000000', iss: OBJECT })
    expect(exp - nbf).toBeLessThanOrEqual(600)
    const der = Buffer.from(
      certificateOf(tenant.client.certificatePem).replace(/-----[^-]+-----|\s/g, ''),
      'base64',
    )
    expect(decodeProtectedHeader(String(proof))).toMatchObject({ alg: 'RS256', x5t: thumbprintsOf(der).x5t })
  })

  test('a policy as the page has it is told with its limit', async () => {
    const message = "Credential lifetime exceeds the max value allowed as per assigned policy 'x'."
    answers['PATCH /applications'] = [400, error('CredentialInvalidLifetimeAsPerAppPolicy', message)]
    answers['GET /policies/defaultAppManagementPolicy'] = [
      200,
      {
        '@odata.context':
          'https://graph.microsoft.com/v1.0/$metadata#policies/defaultAppManagementPolicy/$entity',
        id: '00000000-0000-0000-0000-000000000000',
        isEnabled: true,
        applicationRestrictions: {
          passwordCredentials: [{ restrictionType: 'passwordLifetime', maxLifetime: 'P4DT12H30M5S' }],
          keyCredentials: [
            { restrictionType: 'trustedCertificateAuthority', maxLifetime: null },
            {
              restrictionType: 'asymmetricKeyLifetime',
              maxLifetime: 'P30D',
              restrictForAppsCreatedAfterDateTime: '2015-01-01T10:37:00Z',
            },
          ],
        },
      },
    ]
    expect((await run('app', 'credential', 'add', operator())).stderr).toContain('30 days at most')
  })
})

describe('app remove', () => {
  const assignment = {
    id: 'A',
    deletedDateTime: null,
    appRoleId: KEY,
    createdDateTime: '2025-01-01T00:00:00Z',
    principalDisplayName: 'Display name',
    principalId: PRINCIPAL,
    principalType: 'ServicePrincipal',
    resourceDisplayName: 'API',
    resourceId: RESOURCE,
  }
  beforeEach(() => {
    Object.assign(answers, {
      'GET /applications?': [200, page('applications')],
      [`GET /applications(appId='${API}')`]: [200, application({ id: API_OBJECT, appId: API })],
      [`GET /servicePrincipals(appId='${APP}')`]: [200, { id: PRINCIPAL, appId: APP, displayName: 'x' }],
      [`GET /servicePrincipals(appId='${API}')`]: [200, { id: RESOURCE, appId: API, displayName: 'x' }],
      [`GET /servicePrincipals/${RESOURCE}/appRoleAssignedTo`]: [200, page('appRoleAssignments', assignment)],
      'GET /directory/deletedItems/microsoft.graph.application': [200, page('applications')],
    })
  })

  test('deletes the apps, and the service principals that are still there', async () => {
    expect((await run('app', 'remove', '--yes')).exitCode).toBe(0)
    expect(sent.map(({ call }) => call)).toEqual([
      `DELETE /applications/${API_OBJECT}`,
      `DELETE /servicePrincipals/${RESOURCE}`,
      `DELETE /applications/${OBJECT}`,
      `DELETE /servicePrincipals/${PRINCIPAL}`,
    ])
  })

  test('--purge removes them from the deleted items, by their object ids', async () => {
    expect((await run('app', 'remove', '--yes', '--purge')).exitCode).toBe(0)
    expect(sent.map(({ call }) => call).filter((call) => call.includes('deletedItems'))).toEqual(
      [API_OBJECT, RESOURCE, OBJECT, PRINCIPAL].map((id) => `DELETE /directory/deletedItems/${id}`),
    )
  })

  test('takes 404 for what is gone already', async () => {
    answers.DELETE = MISSING
    expect((await run('app', 'remove', '--yes')).exitCode).toBe(0)
  })
})
