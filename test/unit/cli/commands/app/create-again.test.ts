/** Created again: after somebody changed it by hand, was deleted, or where lists of Graph lag behind. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { uniqueNameOf } from '../../../../../cli/registration/create-once.ts'
import { ALL_ROLES, withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let count = 0

afterEach(async () => {
  at().permit(...ALL_ROLES)
  await at().admin('PATCH', '/settings', { propagationDelayMs: 0, laggingLists: false })
})

/** A pair of names that nothing in the tenant has, and the flags that keep all files in the test's folder. */
function fresh(...more: readonly string[]) {
  count += 1
  const [name, apiName] = [`again-${count}`, `again-api-${count}`]
  const file = (ending: string) => join(at().folder, `${name}.${ending}`)
  const names = ['--api-name', apiName, '--client-name', name, '--api-env', file('env')]
  const credential = more.includes('--secret') ? [] : ['--certificate', join(at().folder, 'operator.pem')]
  const create = ['app', 'create', ...names, '--wait', '0', ...credential, ...more]
  return { name, apiName, file, create }
}
const changesOf = async (create: readonly string[]): Promise<string[]> =>
  (await at().json(create)).changes.map(({ change }: { change: string }) => change)
const named = async (name: string) =>
  (await at().graph(`/applications?$filter=${encodeURIComponent(`displayName eq '${name}'`)}`)).body.value
const lag = () => at().admin('PATCH', '/settings', { propagationDelayMs: 60_000, laggingLists: true })

describe('where lists of Graph lag behind', () => {
  test.each([[[]], [['--secret']], [['--login']]])(
    'app create %j run again right away makes nothing twice',
    async (more) => {
      const { create, name, apiName } = fresh(...more)
      await lag()
      const first = await at().json(create)
      // Assignments, grants and owners that a list does not show are asked for again, and Graph says that they are there.
      const again = await changesOf(create)
      for (const change of again) expect(change).toMatch(/^(add you as owner|grant admin consent)/)
      await at().admin('PATCH', '/settings', { propagationDelayMs: 0, laggingLists: false })
      for (const each of [name, apiName]) expect(await named(each)).toHaveLength(1)
      const [client] = await named(name)
      expect(client.appId).toBe(first.client.clientId)
      expect(client.keyCredentials.length + client.passwordCredentials.length).toBe(1)
      expect(await changesOf(create)).toEqual([])
    },
  )

  test('an app that was made right before, and whose answer never came, is the same app', async () => {
    const { create, name } = fresh()
    await lag()
    const key = uniqueNameOf(name)
    const app = { displayName: name, tags: ['todo-cli'], uniqueName: key }
    const { body } = await at().graph('/applications', 'POST', app)
    expect((await at().json(create)).client.clientId).toBe(body.appId)
  })
})

describe('a key of this program’s own', () => {
  test('finds an app that somebody renamed, and gives it its name back', async () => {
    const { create, name } = fresh()
    const { client } = await at().json(create)
    await at().graph(`/applications/${client.objectId}`, 'PATCH', { displayName: 'renamed' })
    expect(await changesOf(create)).toEqual(['set its name'])
    expect(await named(name)).toMatchObject([{ appId: client.clientId }])
  })

  test('that a deleted app has is followed by the next one, the same for everybody', async () => {
    const { create, name } = fresh()
    const ids: string[] = []
    for (let time = 0; time < 3; time += 1) {
      ids.push((await at().json(create)).client.clientId)
      const [{ id }] = await named(name)
      await at().graph(`/applications/${id}`, 'DELETE')
    }
    expect(new Set(ids).size).toBe(3)
    await lag()
    const again = await at().json(create)
    expect((await at().json(create)).client.clientId).toBe(again.client.clientId)
  })

  test('that another app took is told, with the choice of another name', async () => {
    const { create, name } = fresh()
    const key = uniqueNameOf(name)
    await at().graph('/applications', 'POST', { displayName: 'thief', uniqueName: key })
    const [thief] = await named('thief')
    await at().graph(`/applications/${thief.id}`, 'DELETE')
    at().permit('Application.ReadWrite.OwnedBy')
    const { exitCode, stderr } = await at().cli(create)
    expect(exitCode).toBe(4)
    expect(stderr).toContain('Application.Read.All')
    expect(stderr).toContain('hint: ')
  })

  test.each([
    ['plain', 'todo-cli-api'],
    ['with a quote and a slash', "it's a/b"],
    ['in another alphabet', 'задачи'],
    ['that is long', 'x'.repeat(120)],
  ])('needs no escaping: a name %s', (_, name) => {
    expect(uniqueNameOf(name)).toMatch(/^todo-cli\.[A-Za-z0-9._-]{1,61}\.[0-9a-f]{16}$/)
    expect(uniqueNameOf(name)).not.toBe(uniqueNameOf(`${name} `))
    expect(uniqueNameOf(name, { id: '1' })).not.toBe(uniqueNameOf(name))
  })
})

describe('after somebody changed it by hand', () => {
  test.each<[string, (id: string) => Promise<unknown>, string[]]>([
    [
      'a disabled service principal',
      async (id) => {
        const { body } = await at().graph(`/applications/${id}?$select=appId`)
        const path = `/servicePrincipals(appId='${body.appId}')`
        await at().graph(path, 'PATCH', { accountEnabled: false })
      },
      ['enable its service principal'],
    ],
    [
      'a missing permission',
      (id) => at().graph(`/applications/${id}`, 'PATCH', { requiredResourceAccess: [] }),
      ['set the permissions that it asks for'],
    ],
    [
      'another audience',
      (id) => at().graph(`/applications/${id}`, 'PATCH', { signInAudience: 'AzureADMultipleOrgs' }),
      ['set that it is for this tenant only'],
    ],
    [
      'a certificate that was removed',
      (id) => at().graph(`/applications/${id}`, 'PATCH', { keyCredentials: [] }),
      ['register the certificate'],
    ],
  ])('%s is made good, and nothing else', async (_, change, changes) => {
    const { create } = fresh()
    const { client } = await at().json(create)
    await change(client.objectId)
    const dry = await at().json([...create, '--dry-run'])
    expect(dry.map((each: { change: string }) => each.change)).toEqual(changes)
    expect(await changesOf(create)).toEqual(changes)
    expect(await changesOf(create)).toEqual([])
  })

  test('a credential of somebody else stays, byte for byte', async () => {
    const { create } = fresh()
    const { client } = await at().json(create)
    await at().graph(`/applications/${client.objectId}/addPassword`, 'POST', {
      passwordCredential: { displayName: 'theirs' },
    })
    const read = async () =>
      (await at().graph(`/applications/${client.objectId}?$select=keyCredentials,passwordCredentials`)).body
    const before = await read()
    expect(await changesOf(create)).toEqual([])
    expect(await read()).toEqual(before)
  })

  test('the address of the API that somebody set in the profile stays, until a flag names another', async () => {
    const { create, name } = fresh()
    await at().json(create)
    const elsewhere = 'https://todo.example/api/todolist'
    await at().cli(['config', 'set', 'apiEndpoint', elsewhere, '--profile', name])
    expect(await changesOf(create)).toEqual([])
    const endpoint = async () => (await at().cli(['config', 'get', 'apiEndpoint', '--profile', name])).stdout
    expect((await endpoint()).trim()).toBe(elsewhere)
    const other = ['--api-endpoint', 'https://other.example/api/todolist']
    expect(await changesOf([...create, ...other])).toEqual([`write the profile ${name}`])
    expect((await endpoint()).trim()).toBe(other[1])
  })

  test('the database that somebody set for the API stays, and so does who else may call it', async () => {
    const { create, file } = fresh()
    await at().json(create)
    const text = await readFile(file('env'), 'utf8')
    const theirs = text
      .replace(/^DATABASE_URL=.*$/m, "DATABASE_URL='postgres://db/todo?a=b'")
      .replace(/^(TODO_API_ALLOWED_CLIENTS=.*)$/m, `$1, ${crypto.randomUUID()}`)
    await writeFile(file('env'), theirs)
    expect(await changesOf(create)).toEqual([])
    expect(await readFile(file('env'), 'utf8')).toBe(theirs)
  })

  test('a second daemon of an API is added to those that may call it, and to none of another API', async () => {
    const [first, second, other] = [fresh(), fresh(), fresh()]
    const clientOf = async ({ create, apiName }: typeof first, api = apiName) =>
      (await at().json([...create, '--api-name', api, '--api-env', first.file('env')])).client.clientId
    const allowed = async () => parseEnv(await readFile(first.file('env'), 'utf8')).TODO_API_ALLOWED_CLIENTS
    const one = await clientOf(first)
    const two = await clientOf(second, first.apiName)
    expect(await allowed()).toBe(`${one},${two}`)
    expect(await clientOf(first)).toBe(one)
    expect(await allowed()).toBe(`${one},${two}`)
    expect(await allowed()).not.toBe(await clientOf(other))
    expect(await allowed()).not.toContain(one)
  })

  test('a variables file and a profile that are gone are told by a dry run, and written again', async () => {
    const { create, name, file } = fresh()
    await at().json(create)
    await at().cli(['config', 'unset', 'scopes', '--profile', name])
    await rm(file('env'))
    const changes = [`write ${file('env')}`, `write the profile ${name}`]
    const dry = await at().json([...create, '--dry-run'])
    expect(dry.map((each: { change: string }) => each.change)).toEqual(changes)
    expect(await changesOf(create)).toEqual(changes)
  })
})
