/** Owners of apps and service principals: who can be one, and that a removal takes the one that it names. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls, refusalOf } from '../../../support/tenant-calls.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
const BAD = { status: 400, code: 'Request_BadRequest' }
const MISSING = { status: 404, code: 'Request_ResourceNotFound' }
let appId = ''
const user = (at: number) => tenant().users[at]?.id ?? ''

async function make() {
  appId = (await graph('POST', '/applications', { displayName: 'owned' })).body.appId
  await graph('POST', '/servicePrincipals', { appId })
}
beforeEach(make)

describe.each(['applications', 'servicePrincipals'])('of %s', (kind) => {
  const path = () => `/${kind}(appId='${appId}')`
  const add = (reference: unknown) => graph('POST', `${path()}/owners/$ref`, { '@odata.id': reference })
  const addId = (id: string, collection = 'directoryObjects') =>
    add(`${tenant().graphUrl}/${collection}/${id}`)
  const remove = (id: string) => graph('DELETE', `${path()}/owners/${id}/$ref`)
  const owners = async () =>
    (await graph('GET', `${path()}/owners`)).body.value.map(({ id }: { id: string }) => id)

  test('one is removed, the others stay, and so do the other members', async () => {
    await graph('PATCH', path(), { notes: 'n' })
    const all = [user(0), user(1), tenant().client.objectId]
    for (const id of all) expect((await addId(id)).status).toBe(204)
    expect(await owners()).toEqual(all)
    expect((await remove(user(1))).status).toBe(204)
    expect(await owners()).toEqual([user(0), tenant().client.objectId])
    expect((await graph('GET', path())).body.notes).toBe('n')
  })

  test('one who is none is not removed', async () => {
    await addId(user(0))
    for (const id of [user(1), randomUUID()]) expect(refusalOf(await remove(id))).toEqual(MISSING)
    expect(await owners()).toEqual([user(0)])
  })

  test('the id counts in any letter case, and twice is once', async () => {
    expect((await addId(user(0).toUpperCase(), 'users')).status).toBe(204)
    expect(refusalOf(await addId(user(0)))).toEqual(BAD)
    expect(await owners()).toEqual([user(0)])
    expect((await remove(user(0).toUpperCase())).status).toBe(204)
    expect(await owners()).toEqual([])
  })

  test('what is neither a user nor a service principal can not be one', async () => {
    const { body: app } = await graph('GET', `/applications(appId='${appId}')`)
    for (const id of [randomUUID(), app.id]) expect(refusalOf(await addId(id))).toEqual(MISSING)
    expect(await owners()).toEqual([])
  })

  test.each<[string, (id: string) => string]>([
    ['goes on behind the id', (id) => `${tenant().graphUrl}/users/${id}/manager`],
    ['has more letters than an id', (id) => `${tenant().graphUrl}/users/${id}0`],
    ['is the id alone', (id) => id],
  ])('a reference that %s is none', async (_, reference) => {
    expect(refusalOf(await add(reference(user(0))))).toEqual(BAD)
    expect(await owners()).toEqual([])
  })

  test('one that was deleted since is left out', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'owner' })
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    for (const id of [sp.id, user(0)]) await addId(id)
    await graph('DELETE', `/servicePrincipals/${sp.id}`)
    expect(await owners()).toEqual([user(0)])
  })

  test('the list lags where lists do, and is there for what no list has yet', async () => {
    await admin('PATCH', '/settings', { propagationDelayMs: 10_000, laggingLists: true })
    try {
      await make()
      await addId(user(0))
      // The app is newer than what lists show: so it is shown as it is.
      expect(await owners()).toEqual([user(0)])
      await admin('PUT', '/clock', { advanceMs: 10_001 })
      await addId(user(1))
      expect(await owners()).toEqual([user(0)])
      await admin('PUT', '/clock', { advanceMs: 10_001 })
      expect(await owners()).toEqual([user(0), user(1)])
    } finally {
      await admin('PUT', '/clock', { offsetMs: 0 })
      await admin('PATCH', '/settings', { propagationDelayMs: 0, laggingLists: false })
    }
  })
})
