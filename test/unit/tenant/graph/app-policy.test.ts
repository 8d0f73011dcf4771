/** The tenant's policy for credentials: what it limits, and what it takes. */
import { afterEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { certificateOf } from '../../../support/tenant-client.ts'
import { proofFor } from '../../../support/tenant-proof.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const POLICY = '/policies/defaultAppManagementPolicy'
const TOO_LONG = { status: 400, code: 'CredentialInvalidLifetimeAsPerAppPolicy' }
const lifetime = (restrictionType: string, maxLifetime: unknown = 'P30D') => ({
  restrictionType,
  maxLifetime,
})
const limits = (passwordCredentials: object[], keyCredentials: object[] = []) => ({
  applicationRestrictions: { passwordCredentials, keyCredentials },
})
const set = async (body: object) => expect((await graph('PATCH', POLICY, body)).status).toBe(204)
const key = (pem: string) => ({ key: certificateOf(pem).replace(/-----[^-]+-----|\s/g, '') })
const newApp = async (fields: object = {}) =>
  (await graph('POST', '/applications', { displayName: 'x', ...fields })).body.id as string
const addPassword = (id: string) => graph('POST', `/applications/${id}/addPassword`, {})

afterEach(() => set({ isEnabled: false, ...limits([]) }))

describe('the policy', () => {
  test('counts only while it is on, and keeps its limits while it is off', async () => {
    const id = await newApp()
    await set({ isEnabled: false, ...limits([lifetime('passwordLifetime')]) })
    expect((await addPassword(id)).status).toBe(200)
    await set({ isEnabled: true })
    expect(refusalOf(await addPassword(id))).toEqual(TOO_LONG)
    const { body } = await graph('GET', POLICY)
    expect(body.applicationRestrictions.passwordCredentials).toEqual([lifetime('passwordLifetime')])
  })

  test('says which kind of credential lives too long', async () => {
    await set({
      isEnabled: true,
      ...limits([lifetime('passwordLifetime')], [lifetime('asymmetricKeyLifetime')]),
    })
    const password = await addPassword(await newApp())
    const keyCredentials = [key(tenant().client.certificatePem)]
    const certificate = await graph('POST', '/applications', { displayName: 'x', keyCredentials })
    expect([password, certificate].map(({ body }) => body.error.details[0].code)).toEqual([
      'InvalidPasswordEndDate',
      'InvalidKeyEndDate',
    ])
  })

  test('limits a key that rolls itself in, as well', async () => {
    const id = await newApp({ keyCredentials: [key(tenant().client.certificatePem)] })
    await set({ isEnabled: true, ...limits([], [lifetime('asymmetricKeyLifetime')]) })
    const proof = await proofFor(id, tenant().client.certificatePem)
    const body = { keyCredential: key(tenant().operator.certificatePem), proof }
    expect(refusalOf(await graph('POST', `/applications/${id}/addKey`, body))).toEqual(TOO_LONG)
  })

  test.each([
    ['P29DT23H59M59S', 400],
    ['P29DT24H', 200],
    ['P29DT1440M', 200],
    ['P29DT86399S', 400],
    ['P29DT23H59M60S', 200],
    ['P30D', 200],
  ])('with %s answers %i to a secret of 30 days', async (limit, status) => {
    await set({ isEnabled: true, ...limits([lifetime('passwordLifetime', limit)]) })
    const passwordCredential = { startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2026-01-31T00:00:00Z' }
    const answer = await graph('POST', `/applications/${await newApp()}/addPassword`, { passwordCredential })
    expect(answer.status).toBe(status)
  })

  test('limits lifetimes by restrictions of lifetimes only', async () => {
    await set({ isEnabled: true, ...limits([lifetime('passwordAddition')]) })
    expect((await addPassword(await newApp())).status).toBe(200)
  })

  test.each<[string, unknown]>([
    ['no object', null],
    ['text', 'x'],
    ['a list', []],
    ['one that is null', { keyCredentials: [null] }],
    ['a list that is null', { passwordCredentials: null }],
    ['one without a kind', { passwordCredentials: [{ maxLifetime: 'P1D' }] }],
    ['a kind that is no text', { passwordCredentials: [{ restrictionType: 7 }] }],
    ['a lifetime that is a number', { passwordCredentials: [lifetime('x', 30)] }],
    ['a lifetime in a list', { passwordCredentials: [lifetime('x', ['P30D'])] }],
    ['a lifetime after a letter', { passwordCredentials: [lifetime('x', 'xP1D')] }],
    ['a lifetime before a word', { passwordCredentials: [lifetime('x', 'P1Days')] }],
    ['a lifetime with a time that is none', { passwordCredentials: [lifetime('x', 'P1DT')] }],
    ['a lifetime in months', { passwordCredentials: [lifetime('x', 'P1M')] }],
  ])(
    'with restrictions that are %s is refused, and stays what it was',
    async (_, applicationRestrictions) => {
      const before = (await graph('GET', POLICY)).text
      const answer = await graph('PATCH', POLICY, { isEnabled: true, applicationRestrictions })
      expect(refusalOf(answer)).toEqual({ status: 400, code: 'Request_BadRequest' })
      expect((await graph('GET', POLICY)).text).toBe(before)
    },
  )
})
