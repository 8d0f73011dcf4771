import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { ALL_ROLES, withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let count = 0

afterEach(() => at().permit(...ALL_ROLES))

/** A pair of names that nothing in the tenant has, and the flags that keep all files in the test's folder. */
function fresh() {
  count += 1
  const name = `daemon-${count}`
  const file = (ending: string) => join(at().folder, `${name}.${ending}`)
  const flags = [
    '--api-name',
    `api-${count}`,
    '--client-name',
    name,
    '--api-env',
    file('env'),
    '--wait',
    '10s',
  ]
  const create = ['app', 'create', ...flags, '--certificate', file('pem')]
  return { name, file, flags, create, apiName: `api-${count}` }
}

const application = async (appId: string) =>
  (
    await at().graph(
      `/applications(appId='${appId}')?$select=id,appId,displayName,signInAudience,identifierUris,api,appRoles,optionalClaims,tags,keyCredentials,passwordCredentials,requiredResourceAccess,isFallbackPublicClient`,
    )
  ).body

describe('app create', () => {
  test('registers both apps as the sample has them, and what the sample leaves to a human', async () => {
    const { create, name, apiName, file } = fresh()
    const made = await at().json(create)
    const api = await application(made.api.clientId)
    expect(api).toMatchObject({
      displayName: apiName,
      signInAudience: 'AzureADMyOrg',
      identifierUris: [`api://${made.api.clientId}`],
      tags: ['todo-cli'],
      api: { requestedAccessTokenVersion: 2 },
      optionalClaims: { accessToken: [{ name: 'idtyp' }] },
    })
    expect(api.api.oauth2PermissionScopes.map(({ value }: { value: string }) => value)).toEqual([
      'ToDoList.Read',
      'ToDoList.ReadWrite',
    ])
    expect(api.appRoles).toMatchObject([
      { value: 'ToDoList.Read.All', allowedMemberTypes: ['Application'], isEnabled: true },
      { value: 'ToDoList.ReadWrite.All', allowedMemberTypes: ['Application'], isEnabled: true },
    ])
    const client = await application(made.client.clientId)
    expect(client).toMatchObject({
      displayName: name,
      signInAudience: 'AzureADMyOrg',
      isFallbackPublicClient: false,
      passwordCredentials: [],
      keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', displayName: `CN=${name}` }],
      requiredResourceAccess: [
        {
          resourceAppId: made.api.clientId,
          resourceAccess: api.appRoles.map(({ id }: { id: string }) => ({ id, type: 'Role' })),
        },
      ],
    })
    for (const { id, appId } of [api, client]) {
      expect((await at().graph(`/applications/${id}/owners`)).body.value).toHaveLength(1)
      const path = `/servicePrincipals(appId='${appId}')/owners`
      expect((await at().graph(path)).body.value).toHaveLength(1)
    }
    expect((await stat(file('pem'))).mode & 0o777).toBe(0o600)
    expect(await readFile(file('crt'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/)
  })

  test('leaves a profile with which a token that carries both roles can be had', async () => {
    const { create, name } = fresh()
    await at().json(create)
    const claims = await at().json(['token', 'show', '--profile', name])
    expect(claims.roles.toSorted()).toEqual(['ToDoList.Read.All', 'ToDoList.ReadWrite.All'])
    expect(claims).toMatchObject({ ver: '2.0', idtyp: 'app' })
  })

  test('leaves variables for todo-api, and keeps the lines of others', async () => {
    const { create, file } = fresh()
    await writeFile(file('env'), 'TODO_API_PORT=4000\nDATABASE_URL=old\n')
    const { api, client } = await at().json(create)
    expect(parseEnv(await readFile(file('env'), 'utf8'))).toEqual({
      TODO_API_PORT: '4000',
      DATABASE_URL: 'sqlite:todo.db',
      TODO_API_TENANT_ID: at().tenant.tenantId,
      TODO_API_CLIENT_ID: api.clientId,
      TODO_API_AUTHORITY: at().tenant.authority,
      TODO_API_ALLOWED_CLIENTS: client.clientId,
      TODO_API_CA_FILE: join(at().folder, 'ca.pem'),
    })
  })

  test('run again changes nothing', async () => {
    const { create } = fresh()
    const first = await at().json(create)
    at().exchanges.length = 0
    const second = await at().json(create)
    expect(second.changes).toEqual([])
    expect(at().writes()).toEqual([])
    expect(second).toMatchObject({ api: first.api, client: first.client, thumbprint: first.thumbprint })
  })

  test('in a dry run shows what it would do, and does nothing', async () => {
    const { create, file } = fresh()
    at().exchanges.length = 0
    const changes = await at().json([...create, '--dry-run'])
    expect(at().writes()).toEqual([])
    await expect(stat(file('pem'))).rejects.toThrow('ENOENT')
    await expect(stat(file('env'))).rejects.toThrow('ENOENT')
    expect(changes.length).toBeGreaterThan(12)
    expect(changes).toEqual((await at().json(create)).changes)
  })

  test('repairs what differs, under the same ids, and leaves what was added', async () => {
    const { create } = fresh()
    const made = await at().json(create)
    const api = await application(made.api.clientId)
    const [read, write] = api.appRoles
    const added = {
      ...read,
      id: crypto.randomUUID(),
      value: 'Other.All',
      displayName: 'Other',
      description: 'x',
    }
    await at().graph(`/applications/${api.id}`, 'PATCH', {
      appRoles: [{ ...read, isEnabled: false }, write, added],
      api: { requestedAccessTokenVersion: 1, oauth2PermissionScopes: api.api.oauth2PermissionScopes },
      optionalClaims: null,
      identifierUris: ['api://other'],
    })
    const { changes } = await at().json(create)
    expect(changes.map(({ change }: { change: string }) => change).toSorted()).toEqual([
      'set scopes and version 2 of its tokens',
      'set the app roles',
      'set the claim idtyp',
      'set the identifier URI',
    ])
    const after = await application(made.api.clientId)
    expect(after.appRoles).toEqual([read, write, added])
    expect(after.api).toEqual(api.api)
    expect(after.identifierUris).toEqual(['api://other', `api://${made.api.clientId}`])
  })

  test('gives back a consent and a service principal that were taken away', async () => {
    const { create, name } = fresh()
    const made = await at().json(create)
    const filter = encodeURIComponent(`appId eq '${made.client.clientId}'`)
    const { body } = await at().graph(`/servicePrincipals?$filter=${filter}`)
    await at().graph(`/servicePrincipals/${body.value[0].id}`, 'DELETE')
    const { changes } = await at().json(create)
    expect(changes).toEqual([
      { app: name, change: 'create its service principal' },
      { app: name, change: 'add you as owner of its service principal' },
      { app: name, change: 'grant admin consent for ToDoList.Read.All' },
      { app: name, change: 'grant admin consent for ToDoList.ReadWrite.All' },
    ])
  })

  test('with --secret writes the secret to a 0600 file and nowhere else', async () => {
    const { flags, name, file } = fresh()
    const create = ['app', 'create', ...flags, '--secret', '--secret-file', file('secret')]
    const { client } = await at().json(create)
    expect((await stat(file('secret'))).mode & 0o777).toBe(0o600)
    const { passwordCredentials, keyCredentials } = await application(client.clientId)
    expect(keyCredentials).toEqual([])
    expect(passwordCredentials).toHaveLength(1)
    const days = (Date.parse(passwordCredentials[0].endDateTime) - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(180)
    expect((await at().json(['token', 'show', '--profile', name])).roles).toHaveLength(2)
    expect((await at().json(create)).changes).toEqual([])
  })

  test('takes back a secret that an interrupted run left', async () => {
    const { flags, file } = fresh()
    const create = ['app', 'create', ...flags, '--secret', '--secret-file', file('secret')]
    const { client } = await at().json(create)
    const body = { passwordCredential: { displayName: 'todo-cli 1234' } }
    const added = await at().graph(`/applications/${client.objectId}/addPassword`, 'POST', body)
    await writeFile(file('secret.pending'), 'todo-cli 1234\n')
    const { changes } = await at().json(create)
    expect(changes[0].change).toBe('remove the secret that an interrupted run left')
    const { passwordCredentials } = await application(client.clientId)
    expect(passwordCredentials.map(({ keyId }: { keyId: string }) => keyId)).not.toContain(added.body.keyId)
    expect((await at().json(create)).changes).toEqual([])
  })

  test('with a certificate in the vault registers that', async () => {
    const { flags, name } = fresh()
    const certificate = `vault:${at().tenant.vaultCertificateName}`
    const made = await at().json(['app', 'create', ...flags, '--certificate', certificate])
    expect(made.credential).toBe(certificate)
    expect((await at().json(['token', 'show', '--profile', name])).roles).toHaveLength(2)
  })

  test('waits until the issuer has heard of it', async () => {
    await at().admin('PATCH', '/settings', { propagationDelayMs: 1500 })
    const { create } = fresh()
    const { exitCode, stderr } = await at().cli(create)
    await at().admin('PATCH', '/settings', { propagationDelayMs: 0 })
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stderr).toContain('waiting for the issuer to know the new credential')
  })

  test('says what is registered by now where it fails half-way, and goes on from there', async () => {
    const { create, apiName } = fresh()
    at().permit('Application.ReadWrite.All')
    const { exitCode, stderr } = await at().cli(create)
    expect(exitCode).toBe(4)
    expect(stderr).toContain(`registered by now: ${apiName}`)
    expect(stderr).toMatch(/hint: .*AppRoleAssignment\.ReadWrite\.All.*Privileged Role Administrator/)
    at().permit(...ALL_ROLES)
    const { changes } = await at().json(create)
    expect(changes.map(({ change }: { change: string }) => change)).not.toContain('create the app')
  })

  test('tells a caller without rights which right it is', async () => {
    at().permit('Directory.Read.All')
    const { create } = fresh()
    const { exitCode, stderr } = await at().cli(create)
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/hint: .*Application Developer.*Application\.ReadWrite\.OwnedBy/)
  })

  test('does not take over an app that somebody else made', async () => {
    const { create, name } = fresh()
    await at().graph('/applications', 'POST', { displayName: name })
    const { exitCode, stderr } = await at().cli(create)
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did not create'),
    })
    expect(stderr).toContain('--client-name NAME')
  })
})

test('a cloud that is asked for does not get the identity of the current profile', async () => {
  const home = { TODO_CLI_HOME: join(at().folder, 'other-home') }
  await at().cli(['config', 'set', 'vaultCertificateFile', 'nowhere.pem', '--profile', 'local'], home)
  await at().cli(['config', 'use', 'local'], home)
  const identity = ['--vault-auth', 'certificate', '--vault-tenant-id', 'x', '--vault-client-id', 'y']
  const create = ['app', 'create', '--dry-run', ...identity]
  const env = { ...home, VAULT_CERTIFICATE_FILE: undefined }
  expect((await at().cli(create, env)).stderr).toContain('nowhere.pem')
  const { stderr } = await at().cli([...create, '--cloud', 'usgov'], env)
  expect(stderr).toContain('vaultCertificateFile is not set')
})

describe('app create refuses', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['a cloud that does not exist', ['--cloud', 'mars'], /no cloud "mars"/],
    ['a sign-in over http', ['--cloud', 'http://login.example'], /http:\/\//],
    ['the same name for both', ['--api-name', 'x', '--client-name', 'x'], /same name/],
    ['names that differ in case alone', ['--api-name', 'Daemon', '--client-name', 'daemon'], /same name/],
    ['an empty name', ['--client-name', ' '], /--client-name is empty/],
    ['a name that is too long', ['--api-name', 'x'.repeat(121)], /--api-name is empty, or longer/],
    ['a profile name with a slash', ['--save-as', 'a/b'], /can not be the name of a profile/],
    ['a time that is none', ['--wait', 'soon'], /--wait is not a time/],
    ['a certificate and a secret', ['--secret', '--certificate', 'x.pem'], /take one/],
    ['a certificate that is none', ['--certificate', 'package.json'], /package\.json/],
  ])('%s', async (_, flags, message) => {
    at().exchanges.length = 0
    const { exitCode, stderr } = await at().cli(['app', 'create', ...flags])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(message) })
    expect(at().writes()).toEqual([])
  })
})
