/** addPassword and removePassword: which secret goes, what a description may say, how long one lives. */
import { beforeEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const BAD = { status: 400, code: 'Request_BadRequest' }
const END = { status: 400, code: 'PasswordCredentialsInvalidEndDate' }
const START = '2030-01-01T00:00:00.000Z'
let appId = ''

beforeEach(async () => {
  appId = (await graph('POST', '/applications', { displayName: 'secrets' })).body.appId
  await graph('POST', '/servicePrincipals', { appId })
})

describe.each(['applications', 'servicePrincipals'])('of %s', (kind) => {
  const path = () => `/${kind}(appId='${appId}')`
  const add = (passwordCredential?: unknown) => graph('POST', `${path()}/addPassword`, { passwordCredential })
  const remove = (keyId: unknown) => graph('POST', `${path()}/removePassword`, { keyId })
  const kept = async (): Promise<{ keyId: string }[]> => (await graph('GET', path())).body.passwordCredentials

  test('one is removed, the others stay', async () => {
    const ids = []
    for (let count = 0; count < 3; count += 1) ids.push((await add()).body.keyId)
    expect((await remove(ids[1])).status).toBe(204)
    expect((await kept()).map(({ keyId }) => keyId)).toEqual([ids[0], ids[2]])
  })

  test.each([undefined, null, 7, '', '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f'])(
    'none is removed by the keyId %j',
    async (keyId) => {
      await add()
      expect(refusalOf(await remove(keyId))).toEqual(BAD)
      expect(await kept()).toHaveLength(1)
    },
  )

  test('one has the dates and the name that were asked for, and null is as nothing said', async () => {
    const asked = { displayName: 'n', startDateTime: START, endDateTime: '2030-02-01T00:00:00.000Z' }
    expect((await add(asked)).body).toMatchObject(asked)
    const { body } = await add({ displayName: null, startDateTime: START, endDateTime: null })
    expect(body).toMatchObject({
      displayName: null,
      startDateTime: START,
      endDateTime: '2032-01-01T00:00:00.000Z',
    })
    expect(await kept()).toMatchObject([asked, { displayName: null, startDateTime: START }])
  })

  test.each<[string, object, object]>([
    ['an end before its start', { startDateTime: START, endDateTime: '2029-12-31T00:00:00Z' }, END],
    ['an end at its start', { startDateTime: START, endDateTime: START }, END],
    ['an end that is over', { endDateTime: '2020-01-01T00:00:00Z' }, END],
    ['an end that is a number', { endDateTime: 4_000_000_000_000 }, BAD],
    ['a start that is no date', { startDateTime: 'soon' }, BAD],
    ['a name that is no text', { displayName: 7 }, BAD],
  ])('one with %s is refused, and not kept', async (_, asked, refusal) => {
    expect(refusalOf(await add(asked))).toEqual(refusal)
    expect(await kept()).toEqual([])
  })

  test.each([null, [], 7])('a description that is %j is refused', async (asked) => {
    expect(refusalOf(await add(asked))).toEqual(BAD)
    expect(await kept()).toEqual([])
  })
})
