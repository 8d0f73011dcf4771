/** The certificates of apps and service principals: what a collection keeps of the one before, and what it refuses. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { certificateOf } from '../../../support/tenant-client.ts'
import { proofFor } from '../../../support/tenant-proof.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const BAD = { status: 400, code: 'Request_BadRequest' }
const END = { status: 400, code: 'KeyCredentialsInvalidEndDate' }
const NO_KEY = { status: 400, code: 'KeyCredentialsInvalidKey' }
const TOO_LONG = { status: 400, code: 'CredentialInvalidLifetimeAsPerAppPolicy' }
const POLICY = '/policies/defaultAppManagementPolicy'
const der = (pem: string) => certificateOf(pem).replace(/-----[^-]+-----|\s/g, '')
const DAY = 24 * 60 * 60 * 1000
const later = (days: number) => new Date(Date.now() + days * DAY).toISOString()
const TOMORROW = later(1)
let appId = ''

beforeEach(async () => {
  appId = (await graph('POST', '/applications', { displayName: 'keys' })).body.appId
  await graph('POST', '/servicePrincipals', { appId })
})

describe.each(['applications', 'servicePrincipals'])('of %s', (kind) => {
  const path = () => `/${kind}(appId='${appId}')`
  const set = (keyCredentials: unknown) => graph('PATCH', path(), { keyCredentials })
  const kept = async () => (await graph('GET', `${path()}?$select=keyCredentials`)).body.keyCredentials
  const key = () => ({ key: der(tenant().client.certificatePem) })
  const other = () => ({ key: der(tenant().operator.certificatePem) })

  async function withTwo() {
    const asked = { displayName: 'first', startDateTime: later(0), endDateTime: later(1) }
    const entries = [{ ...key(), ...asked }, other()]
    expect((await set(entries)).status).toBe(204)
    return { asked, present: await kept() }
  }

  test('an entry that names a present one keeps its key, name and dates; the one left out goes', async () => {
    const { present } = await withTwo()
    const { keyId } = present[0]
    expect((await set([{ keyId, key: null, startDateTime: null, displayName: null }])).status).toBe(204)
    expect(await kept()).toEqual([present[0]])
    expect((await set([{ keyId: keyId.toUpperCase() }])).status).toBe(204)
    expect(await kept()).toEqual([present[0]])
  })

  test('an entry that names a present one changes what it brings', async () => {
    const { present } = await withTwo()
    const [{ keyId }, second] = present
    const changed = { displayName: 'renamed', startDateTime: later(0.1), endDateTime: later(0.5) }
    expect((await set([{ keyId, ...changed }, { keyId: second.keyId }])).status).toBe(204)
    expect(await kept()).toEqual([{ ...present[0], ...changed }, second])
    expect((await set([{ keyId, ...other() }])).status).toBe(204)
    expect(await kept()).toMatchObject([{ keyId, ...other(), displayName: 'renamed' }])
  })

  test('a new entry has the dates of its certificate, no name, and an id of its own or of the caller’s', async () => {
    const keyId = randomUUID()
    await set([
      { ...key(), keyId: null },
      { ...other(), keyId },
    ])
    const [one, two] = await kept()
    expect(one).toMatchObject({ displayName: null, type: 'AsymmetricX509Cert', usage: 'Verify' })
    expect(Date.parse(one.startDateTime)).toBeLessThan(Date.parse(one.endDateTime))
    expect(one.keyId).toMatch(/^[0-9a-f-]{36}$/)
    expect(two.keyId).toBe(keyId)
  })

  test.each<[string, () => object, object]>([
    ['a key that is no text', () => ({ key: 7 }), NO_KEY],
    ['the id of none, and no key', () => ({ keyId: randomUUID() }), NO_KEY],
    ['an id that is no GUID', () => ({ ...key(), keyId: 'one' }), BAD],
    ['an id that is a number', () => ({ ...key(), keyId: 7 }), BAD],
    ['an id with more behind it', () => ({ ...key(), keyId: `${randomUUID()}0` }), BAD],
    ['an id with more before it', () => ({ ...key(), keyId: `0${randomUUID()}` }), BAD],
    ['a name that is no text', () => ({ ...key(), displayName: 7 }), BAD],
    ['an end at its start', () => ({ ...key(), startDateTime: TOMORROW, endDateTime: TOMORROW }), END],
    ['an end after its certificate’s', () => ({ ...key(), endDateTime: later(36_500) }), END],
  ])('with %s a collection is refused, and the one before stays', async (_, entry, refusal) => {
    const { present } = await withTwo()
    expect(refusalOf(await set([entry()]))).toEqual(refusal)
    expect(await kept()).toEqual(present)
  })

  test('the policy limits what a collection adds, not what it keeps', async () => {
    const keyCredentials = [{ restrictionType: 'asymmetricKeyLifetime', maxLifetime: 'P2D' }]
    const { present } = await withTwo()
    await graph('PATCH', POLICY, { isEnabled: true, applicationRestrictions: { keyCredentials } })
    try {
      expect((await set(present)).status).toBe(204)
      expect(refusalOf(await set([...present, key()]))).toEqual(TOO_LONG)
      expect(await kept()).toEqual(present)
      const longer = { keyId: present[0].keyId, endDateTime: later(3) }
      expect(refusalOf(await set([longer, present[1]]))).toEqual(TOO_LONG)
      const earlier = { keyId: present[0].keyId, startDateTime: later(-3) }
      expect(refusalOf(await set([earlier, present[1]]))).toEqual(TOO_LONG)
      expect(await kept()).toEqual(present)
      const short = { ...key(), startDateTime: later(0), endDateTime: later(1) }
      expect((await set([...present, short])).status).toBe(204)
    } finally {
      await graph('PATCH', POLICY, { isEnabled: false, applicationRestrictions: {} })
    }
  })
})

test('addKey does not add a second key of one id', async () => {
  const keyId = randomUUID()
  const path = `/applications(appId='${appId}')`
  await graph('PATCH', path, { keyCredentials: [{ keyId, key: der(tenant().client.certificatePem) }] })
  const { body } = await graph('GET', path)
  const proof = await proofFor(body.id, tenant().client.certificatePem)
  const keyCredential = { keyId, key: der(tenant().operator.certificatePem) }
  expect(refusalOf(await graph('POST', `${path}/addKey`, { keyCredential, proof }))).toEqual(BAD)
  expect((await graph('GET', path)).body.keyCredentials).toEqual(body.keyCredentials)
})
