/** Federated identity credentials of an app: what is one, which two are the same, and which goes. */
import { beforeEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const ONE = { name: 'one', issuer: 'https://issuer.example', subject: 'repo:a', audiences: ['api://x'] }
let path = ''

beforeEach(async () => {
  const { body } = await graph('POST', '/applications', { displayName: 'federated' })
  path = `/applications/${body.id}/federatedIdentityCredentials`
})
const add = (change: object = {}) => graph('POST', path, { ...ONE, ...change })
const names = async () => (await graph('GET', path)).body.value.map(({ name }: { name: string }) => name)

describe('a second federated credential', () => {
  test.each<[string, object]>([
    ['the name of the first', { issuer: 'https://other.example', subject: 'repo:b' }],
    ['its issuer and subject', { name: 'two' }],
  ])('with %s is refused', async (_, change) => {
    expect((await add()).status).toBe(201)
    expect(refusalOf(await add(change))).toEqual({
      status: 409,
      code: 'Request_MultipleObjectsWithSameKeyValue',
    })
    expect(await names()).toEqual(['one'])
  })

  test.each<[string, object]>([
    ['its issuer, for another subject', { name: 'two', subject: 'repo:b' }],
    ['its subject, of another issuer', { name: 'two', issuer: 'https://other.example' }],
  ])('with %s is another', async (_, change) => {
    await add()
    expect((await add(change)).status).toBe(201)
    expect(await names()).toEqual(['one', 'two'])
  })
})

test.each([undefined, null, 'what it is for'])('one may have the description %j', async (description) => {
  const { status, body } = await add({ description })
  expect({ status, description: body.description }).toEqual({ status: 201, description: description ?? null })
})

test('there are at most twenty', async () => {
  for (let count = 0; count < 20; count += 1)
    expect((await add({ name: `name-${count}`, subject: `${count}` })).status).toBe(201)
  expect(refusalOf(await add({ name: 'name-20', subject: '20' })).status).toBe(400)
  expect(await names()).toHaveLength(20)
})

test.each(['id', 'name'] as const)('one is removed by its %s, the other stays', async (by) => {
  await add()
  const { body } = await add({ name: 'two', subject: 'repo:b' })
  expect((await graph('DELETE', `${path}/${body[by]}`)).status).toBe(204)
  expect(await names()).toEqual(['one'])
  expect((await graph('DELETE', `${path}/${body[by]}`)).status).toBe(404)
})

test('a name may have 120 letters, and a subject 600', async () => {
  expect((await add({ name: 'x'.repeat(120), subject: 'x'.repeat(600) })).status).toBe(201)
})

test.each<[string, object]>([
  ['no name', { name: undefined }],
  ['a name in a list', { name: ['one'] }],
  ['a name of two letters', { name: 'ab' }],
  ['a name with a blank', { name: 'a b' }],
  ['a name with a blank in front', { name: ' abc' }],
  ['a name with a blank at its end', { name: 'abc ' }],
  ['a name of 121 letters', { name: 'x'.repeat(121) }],
  ['no issuer', { issuer: undefined }],
  ['an issuer that is no URL', { issuer: 'issuer' }],
  ['an issuer in a list', { issuer: ['https://issuer.example'] }],
  ['no subject', { subject: undefined }],
  ['an empty subject', { subject: '' }],
  ['a subject in a list', { subject: ['repo:a'] }],
  ['a subject of 601 characters', { subject: 'x'.repeat(601) }],
  ['no audience', { audiences: [] }],
  ['two audiences', { audiences: ['a', 'b'] }],
  ['text as audiences', { audiences: 'a' }],
  ['an audience that is no text', { audiences: [7] }],
  ['an empty audience', { audiences: [''] }],
  ['a description that is no text', { description: 7 }],
])('with %s it is refused, and not kept', async (_, change) => {
  expect(refusalOf(await add(change))).toEqual({ status: 400, code: 'Request_BadRequest' })
  expect(await names()).toEqual([])
})

test.each(['id', 'name'] as const)('one is read by its %s, as az does; another is not there', async (by) => {
  const { body } = await add()
  const one = await graph('GET', `${path}/${body[by]}`)
  expect(one.body).toMatchObject({ ...ONE, id: body.id, description: null })
  expect(refusalOf(await graph('GET', `${path}/none`))).toEqual({
    status: 404,
    code: 'Request_ResourceNotFound',
  })
})

describe('a change', () => {
  test.each(['id', 'name'] as const)('by its %s keeps what it does not name', async (by) => {
    const { body } = await add({ description: 'd' })
    expect((await graph('PATCH', `${path}/${body[by]}`, { subject: 'repo:c' })).status).toBe(204)
    const { value } = (await graph('GET', path)).body
    expect(value).toEqual([{ ...ONE, id: body.id, description: 'd', subject: 'repo:c' }])
  })

  test('of one leaves the other, and may repeat the name', async () => {
    await add()
    const { body: two } = await add({ name: 'two', subject: 'repo:b' })
    expect((await graph('PATCH', `${path}/two`, { name: 'two', subject: 'repo:c' })).status).toBe(204)
    expect((await graph('GET', path)).body.value).toMatchObject([ONE, { id: two.id, subject: 'repo:c' }])
  })

  test.each<[string, object, number]>([
    ['of the name', { name: 'other' }, 400],
    ['to an issuer that is none', { issuer: 'no' }, 400],
    ['to no audience', { audiences: [] }, 400],
    ['to the issuer and subject of another', { subject: 'repo:b' }, 409],
  ])('%s is refused', async (_, change, status) => {
    await add()
    await add({ name: 'two', subject: 'repo:b' })
    expect((await graph('PATCH', `${path}/one`, change)).status).toBe(status)
    expect((await graph('GET', `${path}/one`)).body.subject).toBe('repo:a')
  })

  test('of one that is not there is refused', async () => {
    expect((await graph('PATCH', `${path}/none`, { subject: 'x' })).status).toBe(404)
  })

  test('by a key of the caller’s own makes it once, where that is preferred', async () => {
    const { name, ...rest } = ONE
    const keyed = `${path}(name='${name}')`
    const headers = { prefer: 'create-if-missing' }
    expect((await graph('PATCH', keyed, rest)).status).toBe(404)
    expect((await graph('PATCH', keyed, rest, { headers })).status).toBe(201)
    expect((await graph('PATCH', keyed, { ...rest, subject: 'repo:c' }, { headers })).status).toBe(204)
    expect((await graph('GET', path)).body.value).toMatchObject([{ ...ONE, subject: 'repo:c' }])
    const other = { ...rest, subject: 'repo:d' }
    expect((await graph('PATCH', `${path}(name='two')`, other, { headers })).status).toBe(201)
    expect(await names()).toEqual(['one', 'two'])
  })
})

test.each(['x'.repeat(120), 'a-B_3'])('the name %s is one', async (name) => {
  expect((await add({ name })).status).toBe(201)
})
