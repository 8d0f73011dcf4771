/** `app create --login`: a public client with which the users of the API sign in. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { startTestApi } from '../../../../support/api.ts'
import { logIn } from '../../../../support/log-in.ts'
import { withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let count = 0

function fresh() {
  count += 1
  const [name, apiName] = [`with-login-${count}`, `with-login-api-${count}`]
  const env = join(at().folder, `${name}.env`)
  const names = ['--api-name', apiName, '--client-name', name, '--api-env', env]
  const certificate = ['--certificate', join(at().folder, 'operator.pem')]
  return { name, apiName, env, create: ['app', 'create', ...names, ...certificate, '--wait', '0'] }
}
const grantsOf = async (appId: string) => {
  const { body: principal } = await at().graph(`/servicePrincipals(appId='${appId}')`)
  const filter = encodeURIComponent(`clientId eq '${principal.id}'`)
  return (await at().graph(`/oauth2PermissionGrants?$filter=${filter}`)).body.value
}

test('no public client is made where none is asked for', async () => {
  const { create, name } = fresh()
  const { client, login } = await at().json(create)
  expect(login).toBeNull()
  expect(await grantsOf(client.clientId)).toEqual([])
  const filter = encodeURIComponent(`displayName eq '${name}-login'`)
  expect((await at().graph(`/applications?$filter=${filter}`)).body.value).toEqual([])
})

test('it asks for both scopes, with consent for all users, has no credential, and is owned', async () => {
  const { create, name, env } = fresh()
  const { api, client, login } = await at().json([...create, '--login'])
  const { body: app } = await at().graph(`/applications(appId='${login.clientId}')`)
  expect(app).toMatchObject({
    displayName: `${name}-login`,
    isFallbackPublicClient: true,
    signInAudience: 'AzureADMyOrg',
    tags: ['todo-cli'],
    keyCredentials: [],
    passwordCredentials: [],
  })
  const [{ resourceAppId, resourceAccess }] = app.requiredResourceAccess
  expect({ resourceAppId, types: resourceAccess.map(({ type }: { type: string }) => type) }).toEqual({
    resourceAppId: api.clientId,
    types: ['Scope', 'Scope'],
  })
  expect(await grantsOf(login.clientId)).toMatchObject([
    { consentType: 'AllPrincipals', scope: 'ToDoList.Read ToDoList.ReadWrite' },
  ])
  expect((await at().graph(`/applications/${app.id}/owners`)).body.value).toHaveLength(1)
  expect(parseEnv(await readFile(env, 'utf8')).TODO_API_ALLOWED_CLIENTS).toBe(
    `${client.clientId},${login.clientId}`,
  )
  expect((await at().json([...create, '--login'])).changes).toEqual([])
  // Without the flag nothing of it is taken back.
  expect((await at().json(create)).changes).toEqual([])
})

test('a scope that was taken out of its grant, and its public flow, are given back', async () => {
  const { create } = fresh()
  const { login } = await at().json([...create, '--login'])
  const [grant] = await grantsOf(login.clientId)
  await at().graph(`/oauth2PermissionGrants/${grant.id}`, 'PATCH', { scope: 'ToDoList.Read' })
  await at().graph(`/applications/${login.objectId}`, 'PATCH', { isFallbackPublicClient: false })
  const { changes } = await at().json([...create, '--login'])
  expect(changes.map(({ change }: { change: string }) => change)).toEqual([
    'set that it may sign users in',
    'grant admin consent for ToDoList.ReadWrite, for all users',
  ])
  expect(await grantsOf(login.clientId)).toMatchObject([
    { id: grant.id, scope: 'ToDoList.Read ToDoList.ReadWrite' },
  ])
})

test('a user signs in with it and has todos of their own', async () => {
  const { create, name } = fresh()
  const { api, client, login } = await at().json([...create, '--login'])
  const { tenantId, authority, caPem } = at().tenant
  const allowedClients = [client.clientId, login.clientId]
  const issuer = { tenantId, authority, caPem, clientId: api.clientId }
  const served = await startTestApi(issuer, { allowedClients })
  try {
    const to = ['--profile', name, '--api-endpoint', served.url]
    expect((await logIn(at().env, {}, ['--profile', name])).exitCode).toBe(0)
    await at().cli(['todos', 'add', 'tea', ...to, '--auth', 'user'])
    const todos = await at().json(['todos', 'list', ...to, '--auth', 'user'])
    expect(todos).toMatchObject([{ description: 'tea' }])
  } finally {
    await served.close()
  }
})

test('app show tells it, and app remove takes it along', async () => {
  const { create, name } = fresh()
  const { login } = await at().json([...create, '--login'])
  const shown = await at().json(['app', 'show', '--profile', name])
  expect(shown.login).toMatchObject({
    clientId: login.clientId,
    permissions: [
      { value: 'ToDoList.Read', kind: 'scope', consented: true },
      { value: 'ToDoList.ReadWrite', kind: 'scope', consented: true },
    ],
  })
  const { apps } = await at().json(['app', 'remove', '--profile', name, '--yes'])
  expect(apps).toHaveLength(3)
  expect((await at().graph(`/applications/${login.objectId}`)).status).toBe(404)
})
