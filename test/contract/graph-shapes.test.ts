/**
 * The client of Microsoft Graph over answers in the shape of Microsoft's reference pages, nulls and members that nobody here
 * looks at included; and its requests, member by member, against the same pages.
 *
 * https://learn.microsoft.com/graph/api/application-list, application-post-applications, application-addpassword,
 * serviceprincipal-post-approleassignments, oauth2permissiongrant-post, organization-list
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json as readJson } from 'node:stream/consumers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withRegistrations } from '../support/registrations.ts'
import { startWebServer, type WebServer } from '../support/web-server.ts'

const at = withRegistrations()
/** In place of a status: the request is carried out, and its answer gets lost. */
const LOST = 0

let server: WebServer
let answers: (path: string, method: string) => [status: number, body?: object] = () => [404]
interface Sent {
  readonly method: string
  readonly path: string
  readonly prefer: unknown
  readonly body: Record<string, unknown>
}
const sent: Sent[] = []

const listener: RequestListener = async (request: IncomingMessage, response: ServerResponse) => {
  const path = decodeURIComponent(request.url ?? '').replace('/v1.0', '')
  const method = request.method ?? ''
  if (method !== 'GET')
    sent.push({
      method,
      path,
      prefer: request.headers.prefer,
      body: (await readJson(request)) as Record<string, unknown>,
    })
  const [status, body] = answers(path, method)
  if (status === LOST) {
    request.socket.destroy()
    return
  }
  const type =
    'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8'
  response.writeHead(status, { 'content-type': type }).end(body === undefined ? '' : JSON.stringify(body))
}

beforeAll(async () => {
  const { certPem: cert, keyPem: key } = at().tenant.tls
  server = await startWebServer(listener, { cert, key })
})
beforeEach(() => {
  sent.length = 0
})

const run = (...argv: readonly string[]) => at().cli(argv, { TODO_CLI_GRAPH_URL: `${server.origin}/v1.0` })

const NOTHING: { readonly body: Record<string, unknown> } = { body: {} }

const [OBJECT, APP, API, PRINCIPAL, RESOURCE, ROLE] = [
  ...[
    '03ef14b0-ca33-4840-8f4f-d6e91916010e',
    '631a96bc-a705-4eda-9f99-fdaf9f54f6a2',
    '00001111-aaaa-2222-bbbb-3333cccc4444',
  ],
  ...[
    '59e617e5-e447-4adc-8b88-00af644d7c92',
    '8fce32da-1246-437b-99cd-76d1d4677bd5',
    '498476ce-e0fe-48b0-b801-37ba7e2685c6',
  ],
] as const

const applicationAnswer = {
  '@odata.id': `https://graph.microsoft.com/v2/tenant/directoryObjects/${OBJECT}/Microsoft.DirectoryServices.Application`,
  id: OBJECT,
  deletedDateTime: null,
  isFallbackPublicClient: null,
  appId: APP,
  applicationTemplateId: null,
  identifierUris: [],
  createdDateTime: '2019-09-17T19:10:35.2742618Z',
  displayName: 'Display name',
  isDeviceOnlyAuthSupported: null,
  groupMembershipClaims: null,
  optionalClaims: null,
  addIns: [],
  publisherDomain: 'contoso.com',
  signInAudience: 'AzureADandPersonalMicrosoftAccount',
  tags: [],
  tokenEncryptionKeyId: null,
  api: {
    requestedAccessTokenVersion: 2,
    acceptMappedClaims: null,
    knownClientApplications: [],
    oauth2PermissionScopes: [],
    preAuthorizedApplications: [],
  },
  appRoles: [],
  publicClient: { redirectUris: [] },
  info: {
    termsOfServiceUrl: null,
    supportUrl: null,
    privacyStatementUrl: null,
    marketingUrl: null,
    logoUrl: null,
  },
  keyCredentials: [
    {
      customKeyIdentifier: Buffer.alloc(20, 0x52).toString('base64'),
      displayName: null,
      endDateTime: '2099-03-20T14:12:32Z',
      key: null,
      keyId: '80d3b2c9-0f9c-4b6f-8f83-5f7a5d5f9b5b',
      startDateTime: '2025-03-20T14:12:32Z',
      type: 'AsymmetricX509Cert',
      usage: 'Verify',
    },
  ],
  parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: 'Allow' },
  passwordCredentials: [
    {
      customKeyIdentifier: null,
      displayName: null,
      endDateTime: '2099-08-26T19:56:18.7012437Z',
      hint: 'puE',
      keyId: 'f0b0b335-1d71-4883-8f98-567911bfdca6',
      secretText: null,
      startDateTime: '2025-08-26T19:56:18.7012437Z',
    },
  ],
  requiredResourceAccess: [],
  web: { redirectUris: [], homePageUrl: null, logoutUrl: null },
}

const page = (...value: object[]) => ({
  '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#x',
  value,
})

/** As for an object that is asked for by a key that nothing has. */
const MISSING: [number, object] = [
  404,
  {
    error: {
      code: 'Request_ResourceNotFound',
      message:
        "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
      innerError: { date: '2025-01-01T00:00:00', 'request-id': APP, 'client-request-id': APP },
    },
  },
]
const isByKey = (path: string) => /^\/\w+\(/.test(path)
const nothing = (path: string): [number, object] =>
  isByKey(path) && !path.includes(')/') ? MISSING : [200, page()]

describe('answers as the pages have them', () => {
  test('an application with nulls is shown with its credentials', async () => {
    answers = (path) => (path.startsWith('/applications(') ? [200, applicationAnswer] : nothing(path))
    const { stdout, exitCode } = await run('app', 'show', '--client-id', APP, '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      api: null,
      client: {
        name: 'Display name',
        objectId: OBJECT,
        credentials: [
          { kind: 'certificate', thumbprint: '52'.repeat(20) },
          { kind: 'secret', thumbprint: null },
        ],
      },
    })
  })

  test('an application of which only the ids are there is shown, too', async () => {
    answers = (path) =>
      path.startsWith('/applications(') ? [200, { id: OBJECT, appId: APP }] : nothing(path)
    expect((await run('app', 'show', '--client-id', APP)).exitCode).toBe(0)
  })

  test.each<[string, object]>([
    ['no id', { appId: APP }],
    ['an empty object', {}],
  ])('an application with %s is refused', async (_, application) => {
    answers = () => [200, application]
    const { exitCode, stderr } = await run('app', 'show', '--client-id', APP)
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has no id') })
  })

  test('an error in the words of the page is told', async () => {
    const message = 'Insufficient privileges to complete the operation.'
    const innerError = { date: '2025-01-01T00:00:00', 'request-id': APP, 'client-request-id': APP }
    answers = () => [403, { error: { code: 'Authorization_RequestDenied', message, innerError } }]
    const { exitCode, stderr } = await run('app', 'show', '--client-id', APP)
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 4, stderr: expect.stringContaining(message) })
  })
})

describe('requests as the pages have them', () => {
  const organization = {
    displayName: 'Contoso',
    tenantType: 'CIAM',
    verifiedDomains: [
      {
        capabilities: 'Email',
        isDefault: true,
        isInitial: true,
        name: 'contoso.onmicrosoft.com',
        type: 'Managed',
      },
    ],
  }

  /** A Graph that has nothing, and makes what it is asked for. */
  const empty: typeof answers = (path, method) => {
    if (path === '/organization') return [200, page({ ...organization, id: at().tenant.tenantId })]
    if (method === 'GET') return nothing(path)
    if (path.startsWith('/applications(uniqueName=')) {
      const { body } = sent.at(-1) ?? NOTHING
      const isApi = String(body.displayName).includes('api')
      return [201, { ...applicationAnswer, ...body, id: isApi ? RESOURCE : OBJECT, appId: isApi ? API : APP }]
    }
    if (path === '/servicePrincipals') {
      const { body } = sent.at(-1) ?? NOTHING
      return [201, { id: body.appId === API ? RESOURCE : PRINCIPAL, appId: body.appId, displayName: 'x' }]
    }
    if (path.endsWith('/addPassword')) {
      return [200, { ...applicationAnswer.passwordCredentials[0], secretText: 'not-a-real-one' }]
    }
    if (path.endsWith('/appRoleAssignments')) return [201, { id: ROLE }]
    return [204]
  }

  test('app create sends what they take, and nothing else', async () => {
    answers = empty
    const secret = join(at().folder, 'shapes.secret')
    const flags = [
      '--secret',
      '--secret-file',
      secret,
      '--api-env',
      join(at().folder, 'shapes.env'),
      '--wait',
      '0',
      '--login',
    ]
    const { exitCode, stderr } = await run('app', 'create', ...flags, '--json')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const shape = ({ method, path, body }: (typeof sent)[number]) =>
      `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/='[^']+'/, "='KEY'")} ${Object.keys(body).toSorted().join(',')}`
    expect([...new Set(sent.map(shape))]).toEqual([
      "PATCH /applications(uniqueName='KEY') api,appRoles,displayName,optionalClaims,signInAudience,tags",
      'PATCH /applications/ID identifierUris',
      'POST /servicePrincipals appId',
      'POST /applications/ID/owners/$ref @odata.id',
      'POST /servicePrincipals/ID/owners/$ref @odata.id',
      "PATCH /applications(uniqueName='KEY') displayName,requiredResourceAccess,signInAudience,tags",
      'POST /servicePrincipals/ID/appRoleAssignments appRoleId,principalId,resourceId',
      "PATCH /applications(uniqueName='KEY') displayName,isFallbackPublicClient,requiredResourceAccess,signInAudience,tags",
      'POST /oauth2PermissionGrants clientId,consentType,resourceId,scope',
      'POST /applications/ID/addPassword passwordCredential',
    ])
    const [api] = sent
    expect(api?.body.api).toMatchObject({
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        { value: 'ToDoList.Read', type: 'Admin', isEnabled: true },
        { value: 'ToDoList.ReadWrite' },
      ],
    })
    for (const { path, prefer } of sent)
      expect(prefer, path).toBe(path.includes('uniqueName') ? 'create-if-missing' : undefined)
    const owner = sent.find(({ path }) => path.endsWith('/owners/$ref'))
    expect(owner?.body['@odata.id']).toMatch(/\/v1\.0\/directoryObjects\/[0-9a-f-]{36}$/)
  })

  test('an external tenant gets the authority that it has, a host of its own', async () => {
    answers = empty
    const { stdout } = await run('config', 'get', 'authority', '--profile', 'todo-cli-daemon')
    expect(stdout.trim()).toBe(`https://contoso.ciamlogin.com/${at().tenant.tenantId}`)
  })

  test('an app that may not read the organization goes by its token', async () => {
    answers = (path, method) =>
      path === '/organization'
        ? [403, { error: { code: 'Authorization_RequestDenied', message: 'No.' } }]
        : empty(path, method)
    const flags = [
      '--secret',
      '--secret-file',
      join(at().folder, 'tid.secret'),
      '--api-env',
      join(at().folder, 'tid.env'),
    ]
    const { stdout } = await run('app', 'create', ...flags, '--save-as', 'by-token', '--wait', '0', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      tenantId: at().tenant.tenantId,
    })
  })

  test('an app that was made already answers 204 with nothing, and is read by its key', async () => {
    const made = new Map<string, [number, object]>()
    answers = (path, method) => {
      const key = /^\/applications\(uniqueName='([^']+)'/.exec(path)?.[1] ?? ''
      if (key !== '' && method === 'GET') return made.get(key) ?? MISSING
      if (key !== '') {
        made.set(key, [200, empty(path, method)[1] ?? {}])
        return [204]
      }
      return empty(path, method)
    }
    const file = (ending: string) => join(at().folder, `made.${ending}`)
    const flags = ['--secret', '--secret-file', file('secret'), '--api-env', file('env'), '--save-as', 'made']
    const { exitCode, stderr } = await run('app', 'create', ...flags, '--wait', '0', '--json')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  test('a unique name that an app has which nobody can see is told, with the choice of another name', async () => {
    const message = 'Another object with the same value for property uniqueName already exists.'
    answers = (path, method) =>
      method === 'PATCH' && path.includes('uniqueName')
        ? [
            400,
            {
              error: { code: 'Request_BadRequest', message, details: [{ code: 'ObjectConflict', message }] },
            },
          ]
        : empty(path, method)
    const file = (ending: string) => join(at().folder, `taken.${ending}`)
    const flags = ['--secret', '--secret-file', file('secret'), '--api-env', file('env'), '--wait', '0']
    const { exitCode, stderr } = await run('app', 'create', ...flags)
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/has the unique name of todo-cli-api.+\nhint: .+--api-name NAME/),
    })
  })

  test('a secret whose answer was lost is taken back before another is made', async () => {
    const passwords: object[] = []
    let lost = false
    answers = (path, method) => {
      if (path.endsWith('/addPassword') && !lost) {
        lost = true
        const { passwordCredential } = (sent.at(-1) ?? NOTHING).body
        passwords.push({ keyId: ROLE, hint: 'abc', ...(passwordCredential as object) })
        return [LOST]
      }
      if (path.startsWith(`/applications(appId='${APP}'`))
        return [200, { ...applicationAnswer, passwordCredentials: passwords }]
      return empty(path, method)
    }
    const file = (ending: string) => join(at().folder, `twice.${ending}`)
    const flags = [
      '--secret',
      '--secret-file',
      file('secret'),
      '--api-env',
      file('env'),
      '--save-as',
      'twice',
    ]
    const { exitCode } = await run('app', 'create', ...flags, '--wait', '0')
    expect(exitCode).toBe(0)
    const order = sent.map(({ path }) => path.split('/').at(-1)).filter((each) => each?.endsWith('Password'))
    expect(order).toEqual(['addPassword', 'removePassword', 'addPassword'])
  })
})
