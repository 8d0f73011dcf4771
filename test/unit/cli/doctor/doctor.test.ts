/** Credential, registration, token, claims, API: each fault is real, in a real tenant, and doctor names it first. */
import { randomUUID, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writePfx } from '../../../../core/forge/pkcs12-writer.ts'
import { thumbprintsOf } from '../../../../core/thumbprints.ts'
import { keyCredential, newSecret, passwordCredential } from '../../../../tenant/credentials.ts'
import { newApplication, newServicePrincipal } from '../../../../tenant/seed/applications.ts'
import { ALL_PERMISSIONS } from '../../../../tenant/vault/policy.ts'
import { startTestApi, type TestApi } from '../../../support/api.ts'
import { certificateFor, derOf, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { type Fault, withDoctor } from '../../../support/doctor.ts'
import { startIssuer } from '../../../support/issuer.ts'

const doctor = withDoctor()
const DAY = 86_400_000
let apis: TestApi[] = []
let closing = async () => {}
beforeAll(async () => {
  const { tenantId, authority, caPem, api, client } = doctor().tenant
  const issuer = { tenantId, authority, caPem, clientId: api.appId }
  const other = await startIssuer()
  closing = other.close
  apis = await Promise.all([
    startTestApi({ ...issuer, clientId: client.appId }),
    startTestApi(issuer, { allowedClients: [randomUUID()] }),
    startTestApi({ ...issuer, authority: 'https://localhost:1/x' }),
    startTestApi(issuer, { acceptV1Tokens: true }),
    startTestApi({ ...other, clientId: api.appId }),
  ])
})
afterAll(async () => {
  for (const api of apis) await api.close()
  await closing()
})
beforeEach(() => doctor().permit(ALL_PERMISSIONS))

/** An app of its own with these credentials and roles of the API; `CLIENT_ID` and what goes with it. */
function app({
  secret = undefined as string | undefined,
  ends = DAY,
  certificates = [] as string[],
  roles = ['ToDoList.Read.All'],
  api = doctor().tenant.api.appId,
  enabled = true,
}) {
  const { directory } = doctor()
  const spec = { startDateTime: new Date(Date.now() - 9 * DAY), endDateTime: new Date(Date.now() + ends) }
  const application = newApplication({
    displayName: 'seeded',
    createdDateTime: new Date().toISOString(),
    passwordCredentials: secret === undefined ? [] : [passwordCredential(secret, spec)],
    keyCredentials: certificates.map((pem) => keyCredential(pem)),
  })
  const principal = { ...newServicePrincipal(application), accountEnabled: enabled }
  directory.applications.put(application)
  directory.servicePrincipals.put(principal)
  const resource = directory.applicationOf(api)
  for (const value of roles) {
    directory.appRoleAssignments.put({
      id: randomUUID(),
      principalId: principal.id,
      resourceId: directory.servicePrincipalOf(api)?.id ?? '',
      appRoleId: resource?.appRoles.find((role) => role.value === value)?.id ?? '',
      createdDateTime: '',
    })
  }
  return {
    application,
    principal,
    variables: { CLIENT_ID: application.appId, ...(secret ? { CLIENT_SECRET: secret } : {}) },
  }
}

/** Another API in the tenant. */
function resource({
  version = 2 as 1 | 2 | null,
  identifierUri = '',
  roles = ['ToDoList.Read.All'],
  assigned = false,
} = {}) {
  const { directory } = doctor()
  const api = newApplication({
    displayName: 'another-api',
    createdDateTime: new Date().toISOString(),
    api: { requestedAccessTokenVersion: version, oauth2PermissionScopes: [] },
    appRoles: roles.map((value) => ({
      id: randomUUID(),
      value,
      isEnabled: true,
      displayName: value,
      description: value,
      allowedMemberTypes: ['Application'],
    })),
  })
  const uri = identifierUri || `api://${api.appId}`
  directory.applications.put({ ...api, identifierUris: [uri] })
  directory.servicePrincipals.put({ ...newServicePrincipal(api), appRoleAssignmentRequired: assigned })
  return { appId: api.appId, scope: `${uri}/.default` }
}

/** Graph may not be read: the client itself asks, which has no right there. */
const withoutGraph = () => ({
  AZURE_CLIENT_ID: doctor().tenant.client.appId,
  VAULT_CERTIFICATE_FILE: join(doctor().folder, 'client.pem'),
})

async function pfx(passphrase: string): Promise<string> {
  const keys = await rsaKeys()
  const file = join(doctor().folder, 'other.pfx')
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'der' })
  const data = writePfx({
    certificates: [derOf(certificateFor(keys))],
    key,
    passphrase,
    friendlyName: 'daemon',
  })
  await writeFile(file, data, { mode: 0o600 })
  return file
}

/** As a person copies it: SHA-256, with colons. */
const thumbprint = () =>
  thumbprintsOf(new X509Certificate(doctor().tenant.client.certificatePem).raw)
    .sha256.match(/../g)
    ?.join(':') ?? ''

const cert = (name: string) => ['--auth', 'cert', '--certificate-file', doctor().bad(name)]
const keyvault = ['--auth', 'keyvault']

const CREDENTIAL: readonly (Omit<Fault, 'fails'> & { readonly file?: string })[] = [
  {
    fault: 'no secret',
    change: () => ({ CLIENT_SECRET: undefined }),
    seen: /no client secret/,
    next: /--client-secret-file/,
  },
  {
    fault: "the secret's id in place of its value",
    change: () => ({ CLIENT_SECRET: randomUUID() }),
    seen: /looks like a secret's id \(a GUID\)/,
    next: /"Value".*az ad app credential reset --append --id [0-9a-f-]{36}/,
  },
  {
    fault: 'a secret file that is not there',
    flags: ['--client-secret-file', 'nowhere'],
    seen: /nowhere/,
    next: /./,
  },
  { fault: 'a certificate file that is not there', file: 'nowhere', seen: /no file/, next: /todo-cli/ },
  { fault: 'a certificate file that is empty', file: 'empty', seen: /empty/, next: /./ },
  { fault: 'a certificate file that is a text', file: 'text', seen: /text\.pem/, next: /./ },
  { fault: 'a certificate file that is cut off', file: 'cut', seen: /cut\.pem/, next: /./ },
  { fault: 'a certificate file without a key', file: 'no-key', seen: /no private key/, next: /./ },
  { fault: 'a key without a certificate', file: 'no-certificate', seen: /no certificate/, next: /./ },
  { fault: 'the key of another certificate', file: 'other-key', seen: /another certificate/, next: /./ },
  { fault: 'two keys', file: 'two-keys', seen: /two-keys\.pem/, next: /./ },
  { fault: 'an encrypted key and no passphrase', file: 'encrypted', seen: /encrypted/, next: /passphrase/ },
  {
    fault: 'an encrypted key and the wrong passphrase',
    file: 'encrypted',
    change: () => ({ CERT_PASSPHRASE: 'wrong' }),
    seen: /passphrase/,
    next: /passphrase/i,
  },
  { fault: 'an expired certificate', file: 'expired', seen: /expired/, next: /todo-cli cert create/ },
  { fault: 'a certificate of tomorrow', file: 'not-yet', seen: /valid from/, next: /./ },
  { fault: 'an EC certificate', file: 'ec', seen: /RSA only/, next: /todo-cli cert create/ },
  {
    fault: 'a PFX with another passphrase',
    flags: ['--auth', 'cert'],
    change: async () => {
      return { CERT_PRIVATE_KEY_FILE: await pfx('right'), CERT_PASSPHRASE: 'wrong' }
    },
    seen: /passphrase/,
    next: /passphrase/i,
  },
  {
    fault: 'the thumbprint of another certificate',
    flags: ['--auth', 'cert', '--cert-thumbprint', '0'.repeat(40)],
    seen: /not the thumbprint/,
    next: /CERT_THUMBPRINT/,
  },
  {
    fault: 'a thumbprint that is none',
    flags: ['--auth', 'cert', '--cert-thumbprint', 'AB:CD'],
    seen: /neither a SHA-1 nor a SHA-256 thumbprint/,
    next: /todo-cli cert thumbprint/,
  },
  {
    fault: 'a vault without the certificate',
    flags: [...keyvault, '--certificate-name', 'nowhere'],
    seen: /no certificate "nowhere"/,
    next: /todo-cli cert create nowhere --vault/,
  },
  {
    fault: 'an identity that may do nothing in the vault',
    flags: keyvault,
    change: withoutGraph,
    seen: /denies "certificates get"/,
    next: /az keyvault set-policy .* --certificate-permissions get/,
  },
  {
    fault: 'an identity that may read the certificate, and not sign',
    flags: keyvault,
    change: () => {
      doctor().permit({ certificates: ['get'] })
      return {}
    },
    seen: /denies "keys sign"/,
    next: /az keyvault set-policy .* --key-permissions sign/,
  },
  {
    fault: 'an identity that may read certificates, and not secrets, in export mode',
    flags: [...keyvault, '--vault-mode', 'export'],
    change: () => {
      doctor().permit({ certificates: ['get'], keys: ['sign'] })
      return {}
    },
    seen: /denies "secrets get"/,
    next: /az keyvault set-policy .* --secret-permissions get/,
  },
  {
    fault: 'a key that can not leave the vault, in export mode',
    flags: [...keyvault, '--vault-mode', 'export'],
    seen: /export|private key/,
    next: /sign/,
  },
  {
    fault: 'an identity for the vault that the tenant does not know',
    flags: keyvault,
    change: () => ({ AZURE_CLIENT_ID: randomUUID() }),
    seen: /identity that opens the vault: .*AADSTS700016/,
    next: /AZURE_CLIENT_ID.*todo-cli explain AADSTS700016/,
  },
  {
    fault: 'a certificate of that identity that is not registered',
    flags: keyvault,
    change: () => ({ VAULT_CERTIFICATE_FILE: doctor().bad('good') }),
    seen: /identity that opens the vault: .*AADSTS700027/,
    next: /VAULT_CERTIFICATE_FILE/,
  },
  {
    fault: 'nobody signed in',
    flags: ['--auth', 'user'],
    seen: /no user is signed in/,
    next: /^todo-cli login$/,
  },
]

const REGISTRATION: readonly Omit<Fault, 'fails'>[] = [
  {
    fault: 'a certificate that is not registered',
    flags: [],
    change: () => ({ TODO_CLI_AUTH: 'cert', CERT_PRIVATE_KEY_FILE: doctor().bad('good') }),
    seen: /todo-daemon .* has 2 certificates, none with SHA-1 [0-9A-F]{40}/,
    next: /todo-cli app credential add/,
  },
  {
    fault: 'a client id that no app has',
    change: () => ({ CLIENT_ID: randomUUID() }),
    seen: /the tenant has no app with the client id/,
    next: /az ad app list --show-mine/,
  },
  {
    fault: 'the object id of the app as client id',
    change: () => ({ CLIENT_ID: doctor().directory.applicationOf(doctor().tenant.client.appId)?.id }),
    seen: /is an object id, and the client id of that app is/,
    next: /^todo-cli config set clientId [0-9a-f-]{36}$/,
  },
  {
    fault: 'the object id of the enterprise app as client id',
    change: () => ({ CLIENT_ID: doctor().tenant.client.objectId }),
    seen: /is an object id, and the client id of that app is/,
    next: /^todo-cli config set clientId [0-9a-f-]{36}$/,
  },
  {
    fault: 'a secret of another app',
    change: () => ({ CLIENT_SECRET: doctor().tenant.clientWithoutRole.secret }),
    seen: /has no secret that begins like this one: it is of another app/,
    next: /az ad app credential reset --append --id [0-9a-f-]{36}/,
  },
  {
    fault: 'an expired secret',
    change: () => app({ secret: newSecret(), ends: -DAY }).variables,
    seen: /the secret of seeded .* expired on \d{4}-/,
    next: /az ad app credential reset --append --id [0-9a-f-]{36}/,
  },
  {
    fault: 'a secret for an app that has certificates alone',
    change: () => ({ ...app({ secret: undefined }).variables, CLIENT_SECRET: newSecret() }),
    seen: /has no secret at all/,
    next: /az ad app credential reset --append/,
  },
]

const TOKEN: readonly Omit<Fault, 'fails'>[] = [
  {
    fault: 'a certificate that is not registered, where Graph may not be read',
    change: () => ({ ...withoutGraph(), TODO_CLI_AUTH: 'cert', CERT_PRIVATE_KEY_FILE: doctor().bad('good') }),
    seen: /certificate is not registered with the app \(AADSTS700027\)/,
    next: /todo-cli app credential add .*good\.pem/,
  },
  {
    fault: 'a wrong secret, where Graph may not be read',
    change: () => ({ ...withoutGraph(), CLIENT_SECRET: 'wrong' }),
    seen: /client secret is wrong \(AADSTS7000215\)/,
    next: /value, not its id/,
  },
  {
    fault: 'an expired secret, where Graph may not be read',
    change: () => ({ ...withoutGraph(), ...app({ secret: newSecret(), ends: -DAY }).variables }),
    seen: /client secret has expired \(AADSTS7000222\)/,
    next: /az ad app credential reset --append/,
  },
  {
    fault: 'an unknown client id, where Graph may not be read',
    change: () => ({ ...withoutGraph(), CLIENT_ID: randomUUID() }),
    seen: /no app with this client id.*AADSTS700016/,
    next: /az ad app show --id [0-9a-f-]{36} --query appId/,
  },
  {
    fault: 'an object id as client id, where Graph may not be read',
    change: () => ({ ...withoutGraph(), CLIENT_ID: doctor().tenant.client.objectId }),
    seen: /no app with this client id \(AADSTS700016\)/,
    next: /if this is an object id.*az ad app show --id [0-9a-f-]{36} --query appId/,
  },
  {
    fault: 'an app that is disabled',
    change: () => app({ secret: newSecret(), enabled: false }).variables,
    seen: /disabled in this tenant \(AADSTS7000112\)/,
    next: /az ad sp update --id [0-9a-f-]{36} --set accountEnabled=true/,
  },
  {
    fault: 'a scope of an API that is not there',
    change: () => ({ SCOPES: 'api://nowhere/.default' }),
    seen: /AADSTS500011/,
    next: /todo-cli config set scopes/,
  },
  {
    fault: 'an API that demands an assignment that is not there',
    change: () => ({ SCOPES: resource({ assigned: true }).scope }),
    seen: /not assigned to any role of the API.*AADSTS501051/,
    next: /az ad app permission admin-consent --id [0-9a-f-]{36}/,
  },
  {
    fault: 'a token endpoint that answers with a page',
    change: () => doctor().falseIssuer({ token: () => ({ body: '<html>' }) }),
    seen: /what answers at the authority is not an issuer/,
    next: /todo-cli config get authority/,
  },
  {
    fault: 'a token endpoint that fails',
    change: () => doctor().falseIssuer({ token: () => ({ status: 500 }) }),
    seen: /the issuer answers 500/,
    next: /./,
  },
  {
    fault: 'a token endpoint that cuts the connection',
    change: () => doctor().falseIssuer({ token: () => undefined }),
    seen: /closed the connection/,
    next: /todo-cli/,
  },
]

const CLAIMS: readonly Omit<Fault, 'fails'>[] = [
  {
    fault: 'an app without a role: nobody consented',
    change: () => ({
      CLIENT_ID: doctor().tenant.clientWithoutRole.appId,
      CLIENT_SECRET: doctor().tenant.clientWithoutRole.secret,
    }),
    seen: /neither roles nor scopes.*nobody has consented to ToDoList\.Read\.All/,
    next: /az ad app permission admin-consent --id [0-9a-f-]{36}, then: todo-cli token clear/,
  },
  {
    fault: 'an app with a role of another kind',
    change: () => {
      const { appId, scope } = resource({ roles: ['Files.Read'] })
      return { ...app({ secret: newSecret(), roles: ['Files.Read'], api: appId }).variables, SCOPES: scope }
    },
    seen: /the token has Files\.Read, and the API wants ToDoList\.Read\.All/,
    next: /todo-cli token show/,
  },
]

const API: readonly Omit<Fault, 'fails'>[] = [
  {
    fault: 'an API that expects another audience',
    change: () => ({ API_ENDPOINT: apis[0]?.url }),
    seen: /\(401\): the token's audience is [0-9a-f-]{36}, and the API expects another$/,
    next: /todo-cli config get scopes.*TODO_API_CLIENT_ID/,
  },
  {
    fault: 'an API of another tenant',
    change: () => ({ API_ENDPOINT: apis[4]?.url }),
    seen: /\(401\): the token's tenant is [0-9a-f-]{36}, and the API expects another$/,
    next: /todo-cli config get authority.*TODO_API_AUTHORITY/,
  },
  {
    fault: 'an app that is not on the list of the API',
    change: () => ({ API_ENDPOINT: apis[1]?.url }),
    seen: /403/,
    next: /TODO_API_ALLOWED_CLIENTS.*todo-cli config get clientId/,
  },
  {
    fault: 'an API that can not reach the issuer',
    change: () => ({ API_ENDPOINT: apis[2]?.url }),
    seen: /not available now \(503\).*issuer/,
    next: /./,
  },
  {
    fault: 'v1.0 tokens for an API that expects v2.0',
    change: () => {
      v1()
      return {}
    },
    seen: /the API refused the access token \(401\): the token is a v1\.0 token, for api:\/\//,
    next: /az rest --method patch .*requestedAccessTokenVersion":2/,
  },
]

/** The API gets v1.0 tokens, until the test is over. */
function v1() {
  const { applications } = doctor().directory
  const api = doctor().directory.applicationOf(doctor().tenant.api.appId)
  if (api === undefined) throw new Error('the tenant has its API')
  applications.put({ ...api, api: { ...api.api, requestedAccessTokenVersion: null } })
}
beforeEach(() => {
  const { applications } = doctor().directory
  const api = doctor().directory.applicationOf(doctor().tenant.api.appId)
  if (api) applications.put({ ...api, api: { ...api.api, requestedAccessTokenVersion: 2 } })
})

describe('todo-cli doctor', () => {
  it.each(['secret', 'cert', 'keyvault'])(
    'finds nothing wrong with --auth %s where nothing is',
    async (auth) => {
      const results = await doctor().run(['--auth', auth])
      const [vault] = results.filter(({ check }) => check === 'vault')
      expect(vault?.status).toBe(auth === 'keyvault' ? 'ok' : 'skip')
      const others = [
        'settings',
        'issuer',
        'clock',
        'graph',
        'endpoint',
        'credential',
        'registration',
        'token',
        'claims',
        'api',
      ]
      expect(
        results.filter(({ check }) => check !== 'vault').map(({ check, status }) => [check, status]),
      ).toEqual(others.map((check) => [check, 'ok']))
    },
  )

  it.each(CREDENTIAL)('names credential first for $fault', async ({ file, ...fault }) => {
    await doctor().expectFault({ fails: 'credential', ...(file ? { flags: cert(file) } : {}), ...fault })
  })

  it.each(REGISTRATION)('names registration first for $fault', (fault) =>
    doctor().expectFault({ fails: 'registration', ...fault }),
  )
  it.each(TOKEN)('names token first for $fault', (fault) =>
    doctor().expectFault({ fails: 'token', ...fault }),
  )
  it.each(CLAIMS)('names claims first for $fault', (fault) =>
    doctor().expectFault({ fails: 'claims', ...fault }),
  )
  it.each(API)('names api first for $fault', (fault) => doctor().expectFault({ fails: 'api', ...fault }))

  it.each([
    [
      'an API that takes v1.0 tokens',
      () => {
        v1()
        return { API_ENDPOINT: apis[3]?.url }
      },
      ['claims'],
    ],
    [
      'an API whose identifier URI is no GUID',
      () => {
        const { directory, tenant } = doctor()
        const api = directory.applicationOf(tenant.api.appId)
        if (api)
          directory.applications.put({
            ...api,
            identifierUris: [...api.identifierUris, 'https://contoso.com/todo'],
          })
        return { SCOPES: 'https://contoso.com/todo/.default' }
      },
      [],
    ],
    ['an app that may read alone', () => app({ secret: newSecret() }).variables, []],
    [
      'a certificate that ends soon',
      async () => {
        const keys = await rsaKeys()
        const pem = certificateFor(keys, { until: 5 })
        const file = join(doctor().folder, 'soon.pem')
        await writeFile(file, pkcs8(keys.privateKey) + pem, { mode: 0o600 })
        return {
          ...app({ secret: undefined, certificates: [pem] }).variables,
          CERT_PRIVATE_KEY_FILE: file,
          TODO_CLI_AUTH: 'cert',
        }
      },
      ['credential'],
    ],
    ['a thumbprint of another form', () => ({ TODO_CLI_AUTH: 'cert', CERT_THUMBPRINT: thumbprint() }), []],
  ])('finds nothing wrong with %s', async (_, change, warned) => {
    const results = await doctor().run([], await change())
    expect(results.filter(({ status }) => status === 'fail')).toEqual([])
    expect(results.filter(({ status }) => status === 'warn').map(({ check }) => check)).toEqual(warned)
    expect(results.at(-1)).toMatchObject({ check: 'api', status: 'ok' })
  })
})
