/** Applications: identifier URIs are of one app, keys of the caller's own, and what `$expand` adds while lists lag. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls, refusalOf } from '../../../support/tenant-calls.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
const TAKEN = { status: 400, code: 'Request_MultipleObjectsWithSameKeyValue' }
const BAD = { status: 400, code: 'Request_BadRequest' }
const fresh = () => `api://${randomUUID()}`

async function made(fields: object = {}) {
  const { status, body } = await graph('POST', '/applications', { displayName: randomUUID(), ...fields })
  expect(status).toBe(201)
  return body
}
const named = async (displayName: string) => {
  const filter = encodeURIComponent(`displayName eq '${displayName}'`)
  return (await graph('GET', `/applications?$filter=${filter}`)).body.value
}
const shown = async (id: string) => (await graph('GET', `/applications/${id}`)).body

describe('an identifier URI', () => {
  test.each([0, 1])('that another app has among several (%i) is not taken by a new one', async (at) => {
    const uris = [fresh(), fresh()]
    await made({ identifierUris: uris })
    const displayName = randomUUID()
    const identifierUris = [fresh(), uris[at]]
    const answer = await graph('POST', '/applications', { displayName, identifierUris })
    expect(refusalOf(answer)).toEqual(TAKEN)
    expect(answer.body.error.details).toMatchObject([{ code: 'ObjectConflict' }])
    expect(await named(displayName)).toEqual([])
  })

  test('that another app has is not taken by a change, which then changes nothing', async () => {
    const uri = fresh()
    await made({ identifierUris: [uri] })
    const app = await made({ notes: 'before' })
    const body = { identifierUris: [fresh(), uri], notes: 'after' }
    expect(refusalOf(await graph('PATCH', `/applications/${app.id}`, body))).toEqual(TAKEN)
    expect(await shown(app.id)).toMatchObject({ identifierUris: [], notes: 'before' })
  })

  test('is kept by its own app, beside a new one, and is free once that gives it back', async () => {
    const [uri, other] = [fresh(), fresh()]
    const app = await made({ identifierUris: [uri] })
    const set = (identifierUris: string[]) =>
      graph('PATCH', `/applications/${app.id}`, { identifierUris, displayName: 'x' })
    expect((await set([uri, other])).status).toBe(204)
    expect((await shown(app.id)).identifierUris).toEqual([uri, other])
    expect((await set([other])).status).toBe(204)
    await made({ identifierUris: [uri] })
  })

  test('of a deleted app is free', async () => {
    const identifierUris = [fresh()]
    const { id } = await made({ identifierUris })
    await graph('DELETE', `/applications/${id}`)
    expect((await made({ identifierUris })).identifierUris).toEqual(identifierUris)
  })
})

describe('a unique name', () => {
  const byName = (name: string) => graph('GET', `/applications(uniqueName='${name}')`)

  test('finds its app among several, in its own letter case', async () => {
    const [one, two] = [
      await made({ uniqueName: `a-${randomUUID()}` }),
      await made({ uniqueName: randomUUID() }),
    ]
    expect((await byName(one.uniqueName)).body.id).toBe(one.id)
    expect((await byName(two.uniqueName)).body.id).toBe(two.id)
    const missing = await byName(one.uniqueName.toUpperCase())
    expect(missing.status).toBe(404)
    expect(missing.body.error.message).toContain(`Resource '${one.uniqueName.toUpperCase()}'`)
  })

  test('is kept by its own app through other changes', async () => {
    const uniqueName = randomUUID()
    const app = await made({ uniqueName })
    const body = { uniqueName, displayName: 'renamed' }
    expect((await graph('PATCH', `/applications/${app.id}`, body)).status).toBe(204)
    expect(await shown(app.id)).toMatchObject(body)
  })

  test.each([null, '', 7])('that is %j is refused', async (uniqueName) => {
    const displayName = randomUUID()
    expect(refusalOf(await graph('POST', '/applications', { displayName, uniqueName }))).toEqual(BAD)
    expect(await named(displayName)).toEqual([])
  })

  test('in the address counts, whatever the body names; another preference makes nothing', async () => {
    const [name, displayName] = [randomUUID(), randomUUID()]
    const body = { displayName, uniqueName: randomUUID() }
    const patch = (prefer: string) =>
      graph('PATCH', `/applications(uniqueName='${name}')`, body, { headers: { prefer } })
    for (const prefer of ['return=representation', 'recreate-if-missing-x', 'createifmissing'])
      expect((await patch(prefer)).status).toBe(404)
    expect(await named(displayName)).toEqual([])
    expect((await patch('return=minimal, Create-If-Missing')).body.uniqueName).toBe(name)
  })
})

describe('$expand', () => {
  test('adds the federated credentials of the app', async () => {
    const { id } = await made()
    const one = { name: 'one', issuer: 'https://issuer.example', subject: 's', audiences: ['a'] }
    await graph('POST', `/applications/${id}/federatedIdentityCredentials`, one)
    const { body } = await graph('GET', `/applications/${id}?$expand=federatedIdentityCredentials&$select=id`)
    expect(body).toMatchObject({ id, federatedIdentityCredentials: [one] })
  })

  test('is answered for an app that no list has yet', async () => {
    await admin('PATCH', '/settings', { propagationDelayMs: 60_000, laggingLists: true })
    try {
      const { id } = await made()
      for (const member of ['owners', 'federatedIdentityCredentials']) {
        const { status, body } = await graph('GET', `/applications/${id}?$expand=${member}`)
        expect({ status, added: body[member] }).toEqual({ status: 200, added: [] })
      }
    } finally {
      await admin('PATCH', '/settings', { propagationDelayMs: 0, laggingLists: false })
    }
  })
})
