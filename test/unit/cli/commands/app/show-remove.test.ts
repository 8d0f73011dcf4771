import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let count = 0
let name = ''
// biome-ignore lint/suspicious/noExplicitAny: what app create answers
let made: any

const file = (ending: string) => join(at().folder, `${name}.${ending}`)
const flagsFor = (apiName = `api-${count}`) => [
  '--api-name',
  apiName,
  '--client-name',
  name,
  '--api-env',
  file('env'),
  '--wait',
  '0',
]
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
const status = async (objectId: string) => (await at().graph(`/applications/${objectId}`)).status

beforeEach(async () => {
  count += 1
  name = `daemon-${count}`
  made = await at().json(['app', 'create', ...flagsFor(), '--secret', '--secret-file', file('secret')])
})

describe('app show', () => {
  test('shows both apps, what is consented, credentials with the days left, and portal links', async () => {
    await at().json(['app', 'create', ...flagsFor(), '--certificate', join(at().folder, 'operator.pem')])
    const shown = await at().json(['app', 'show', '--profile', name])
    expect(shown.client).toMatchObject({
      name,
      clientId: made.client.clientId,
      createdByTodoCli: true,
      portal: expect.stringContaining(made.client.clientId),
      permissions: [
        { value: 'ToDoList.Read.All', kind: 'app role', consented: true },
        { value: 'ToDoList.ReadWrite.All', kind: 'app role', consented: true },
      ],
      credentials: [
        { kind: 'certificate', thumbprint: expect.stringMatching(/^[0-9A-F]{40}$/), daysLeft: 364 },
        { kind: 'secret', thumbprint: null, daysLeft: 179 },
      ],
    })
    expect(shown.api).toMatchObject({
      clientId: made.api.clientId,
      requestedAccessTokenVersion: 2,
      appRoles: ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'],
    })
  })

  test('says so where a consent is missing', async () => {
    const filter = encodeURIComponent(`appId eq '${made.client.clientId}'`)
    const { body } = await at().graph(`/servicePrincipals?$filter=${filter}`)
    await at().graph(`/servicePrincipals/${body.value[0].id}`, 'DELETE')
    const { stdout } = await at().cli(['app', 'show', '--client-name', name])
    expect(stdout).toContain('ToDoList.Read.All (app role), NOT consented')
  })

  test('never shows a secret', async () => {
    const { stdout, stderr } = await at().cli(['app', 'show', '--profile', name, '--verbose'])
    expect(stdout + stderr).not.toMatch(/secretText|Q~/)
  })

  test('of an app that is not there names the setting', async () => {
    const { exitCode, stderr } = await at().cli(['app', 'show', '--client-id', crypto.randomUUID()])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('CLIENT_ID') })
  })
})

describe('app remove', () => {
  test('removes both apps, their service principals, files and profile, and nothing else', async () => {
    const before = (await at().graph('/applications')).body.value.length
    const removed = await at().json(['app', 'remove', '--profile', name, '--yes'])
    expect(removed).toMatchObject({
      apps: [{ clientId: made.api.clientId }, { clientId: made.client.clientId }],
      files: [file('secret'), file('env')],
      profiles: [name],
    })
    expect(await Promise.all([made.api.objectId, made.client.objectId].map(status))).toEqual([404, 404])
    for (const appId of [made.api.clientId, made.client.clientId]) {
      expect((await at().graph(`/servicePrincipals(appId='${appId}')`)).status).toBe(404)
    }
    expect((await at().graph('/applications')).body.value).toHaveLength(before - 2)
    expect(await Promise.all([isThere(file('secret')), isThere(file('env'))])).toEqual([false, false])
    expect((await at().cli(['app', 'show', '--profile', name])).exitCode).toBe(2)
  })

  test('shows what it would remove, and without --yes removes nothing where nobody can answer', async () => {
    const { exitCode, stderr } = await at().cli(['app', 'remove', '--profile', name])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`app ${name}, client id ${made.client.clientId}`)
    expect(stderr).toContain(`file ${file('secret')}`)
    expect(await status(made.client.objectId)).toBe(200)
  })

  test('keeps an API that another daemon uses', async () => {
    const [first, api] = [name, `api-${count}`]
    name = `${name}-other`
    await at().json(['app', 'create', ...flagsFor(api), '--secret', '--secret-file', file('secret')])
    const { apps } = await at().json(['app', 'remove', '--profile', first, '--yes'])
    expect(apps).toEqual([{ name: first, clientId: made.client.clientId }])
    expect(await status(made.api.objectId)).toBe(200)
  })

  test('does not touch an app that somebody else made', async () => {
    const { client } = at().tenant
    at().exchanges.length = 0
    const { exitCode, stderr } = await at().cli(['app', 'remove', '--client-id', client.appId, '--yes'])
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not created by'),
    })
    expect(at().writes()).toEqual([])
  })

  test('of a name that no app has does not take the one of the profile instead', async () => {
    at().exchanges.length = 0
    const { exitCode, stderr } = await at().cli([
      ...['app', 'remove', '--profile', name, '--client-name', 'nobody', '--yes'],
    ])
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no app named nobody that todo-cli created'),
    })
    expect(at().writes()).toEqual([])
  })

  test('goes on where it was stopped half-way', async () => {
    await at().graph(`/applications/${made.api.objectId}`, 'DELETE')
    await at().json(['app', 'remove', '--profile', name, '--yes'])
    expect(await status(made.client.objectId)).toBe(404)
  })

  test('keeps the certificate, and says how to remove it', async () => {
    await at().json(['app', 'create', ...flagsFor(), '--certificate', file('pem')])
    const { stderr } = await at().cli(['app', 'remove', '--profile', name, '--yes'])
    expect(stderr).toContain(`todo-cli cert remove ${file('pem')}`)
    expect((await stat(file('pem'))).isFile()).toBe(true)
  })
})

describe('app remove --purge', () => {
  const deleted = async (): Promise<string[]> =>
    (await at().graph('/directory/deletedItems/microsoft.graph.application')).body.value.map(
      ({ appId }: { appId: string }) => appId,
    )

  test('leaves nothing that could be restored', async () => {
    const removed = await at().json(['app', 'remove', '--profile', name, '--purge', '--yes'])
    expect(removed).toMatchObject({ purged: true, apps: [{ name: `api-${count}` }, { name }] })
    const left = await deleted()
    for (const appId of [made.api.clientId, made.client.clientId]) expect(left).not.toContain(appId)
    const { body } = await at().graph('/directory/deletedItems/microsoft.graph.servicePrincipal')
    expect(body.value.filter(({ displayName }: { displayName: string }) => displayName === name)).toEqual([])
  })

  test('without it, both can be restored, and are said to', async () => {
    const { stderr } = await at().cli(['app', 'remove', '--profile', name, '--yes'])
    expect(stderr).toContain('they can be restored for 30 days')
    expect(await deleted()).toEqual(expect.arrayContaining([made.api.clientId, made.client.clientId]))
  })

  test('comes later too, by name, and shows what it is about', async () => {
    await at().json(['app', 'remove', '--profile', name, '--yes'])
    const purge = ['app', 'remove', '--client-name', name, '--purge']
    const { exitCode, stderr } = await at().cli(purge)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`deleted app ${name}, client id ${made.client.clientId}`)
    expect(stderr).toContain(`deleted app api-${count}`)
    expect(await deleted()).toContain(made.client.clientId)
    await at().json([...purge, '--yes'])
    expect(await deleted()).not.toContain(made.client.clientId)
    expect(await deleted()).not.toContain(made.api.clientId)
    expect((await at().cli([...purge, '--yes'])).exitCode).toBe(2)
  })

  test('does not touch deleted apps that somebody else made', async () => {
    const { body } = await at().graph('/applications', 'POST', { displayName: name, tags: ['theirs'] })
    await at().graph(`/applications/${body.id}`, 'DELETE')
    await at().json(['app', 'remove', '--profile', name, '--purge', '--yes'])
    expect(await deleted()).toContain(body.appId)
  })
})

describe('app remove that was stopped', () => {
  test('after the last app: the next run removes files and profile', async () => {
    for (const { objectId } of [made.api, made.client])
      await at().graph(`/applications/${objectId}`, 'DELETE')
    const removed = await at().json(['app', 'remove', '--profile', name, '--yes'])
    expect(removed).toMatchObject({ apps: [], files: [file('secret'), file('env')], profiles: [name] })
    expect(await Promise.all([isThere(file('secret')), isThere(file('env'))])).toEqual([false, false])
  })

  test('and a profile of another tenant stays, with its files', async () => {
    for (const { objectId } of [made.api, made.client])
      await at().graph(`/applications/${objectId}`, 'DELETE')
    await at().cli(['config', 'set', 'tenantId', crypto.randomUUID(), '--profile', name])
    const { exitCode, stderr } = await at().cli(['app', 'remove', '--profile', name, '--yes'])
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no app with'),
    })
    expect(await isThere(file('secret'))).toBe(true)
  })
})
