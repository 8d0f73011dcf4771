import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import {
  type Ask,
  accessToken,
  ask,
  askToken,
  assertionFields,
  certificateOf,
  clientAssertion,
} from '../support/tenant-client.ts'

const tenant = withTenant()
const GRAPH = 'https://graph.microsoft.com/.default'
let token = ''

beforeAll(async () => {
  token = await accessToken(tenant(), GRAPH, 'operator')
})

const graph = (path: string, options: Ask = {}) =>
  ask(tenant(), `${tenant().graphUrl}${path}`, { token, ...options })
const patch = (path: string, body: object) => graph(path, { method: 'PATCH', body })
const daemon = () => `/applications(appId='${tenant().client.appId}')`
const der = (pem: string) => certificateOf(pem).replace(/-----[^-]+-----|\s/g, '')

async function refused(asked: ReturnType<typeof ask>, status: number, code: string) {
  const { status: got, body } = await asked
  expect({ status: got, code: body.error?.code }).toEqual({ status, code })
  expect(body.error.innerError).toMatchObject({ 'request-id': expect.any(String), date: expect.any(String) })
}

describe('an application', () => {
  test('is found by its app id, and has an object id of its own', async () => {
    const { body } = await graph(daemon())
    expect(body).toMatchObject({ appId: tenant().client.appId, displayName: 'todo-daemon' })
    expect(new Set([body.id, body.appId, tenant().client.objectId]).size).toBe(3)
    expect((await graph(`/applications/${body.id}`)).body.appId).toBe(tenant().client.appId)
  })

  test('is found by $filter', async () => {
    const { body } = await graph(`/applications?$filter=appId%20eq%20'${tenant().client.appId}'`)
    expect(body.value).toHaveLength(1)
  })

  test('shows keys only to who selects them', async () => {
    const { body: plain } = await graph(daemon())
    const { body: selected } = await graph(`${daemon()}?$select=id,keyCredentials`)
    expect(plain.keyCredentials.map(({ key }: { key: unknown }) => key)).toEqual([null, null])
    expect(Object.keys(selected)).toEqual(['@odata.context', 'id', 'keyCredentials'])
    expect(selected.keyCredentials[0].key).toBe(der(tenant().client.certificatePem))
  })

  test('never shows a secret, nor its digest', async () => {
    const { text, body } = await graph(daemon())
    expect(text).not.toContain(tenant().client.secret)
    expect(text).not.toContain('sha256')
    expect(body.passwordCredentials[0]).toMatchObject({
      hint: tenant().client.secret.slice(0, 3),
      secretText: null,
    })
  })

  test('proves itself with a certificate once that is added, the others stay by their keyId', async () => {
    const path = `/applications(appId='${tenant().clientWithoutRole.appId}')`
    const { certificatePem } = tenant().operator
    const added = await patch(path, { keyCredentials: [credential(certificatePem)] })
    expect(added.status).toBe(204)
    const { appId } = tenant().clientWithoutRole
    const signIn = async () => {
      const assertion = await clientAssertion(tenant(), { clientId: appId, certificatePem })
      return (await askToken(tenant(), { client_id: appId, ...assertionFields(assertion) })).status
    }
    expect(await signIn()).toBe(200)
    const { body } = await graph(path)
    await patch(path, { keyCredentials: body.keyCredentials })
    expect(await signIn()).toBe(200)
    await patch(path, { keyCredentials: [] })
    expect(await signIn()).toBe(401)
  })
})

const credential = (pem: string) => ({
  type: 'AsymmetricX509Cert',
  usage: 'Verify',
  displayName: 'CN=x',
  key: der(pem),
})

describe('Graph refuses', () => {
  test('a request without a token', () =>
    refused(graph(daemon(), { token: '' }), 401, 'InvalidAuthenticationToken'))
  test('a token that is none', () =>
    refused(graph(daemon(), { token: 'rubbish' }), 401, 'InvalidAuthenticationToken'))
  test('a token for the vault', async () => {
    const wrong = await accessToken(tenant(), 'https://vault.azure.net/.default', 'operator')
    await refused(graph(daemon(), { token: wrong }), 401, 'InvalidAuthenticationToken')
  })
  test('to read, to an app without a role', async () => {
    await refused(
      graph(daemon(), { token: await accessToken(tenant(), GRAPH) }),
      403,
      'Authorization_RequestDenied',
    )
  })
  test('to change, to an app without a role', async () => {
    const options = {
      method: 'PATCH',
      body: { keyCredentials: [] },
      token: await accessToken(tenant(), GRAPH),
    }
    await refused(graph(daemon(), options), 403, 'Authorization_RequestDenied')
  })
  test('an application that is not there', () =>
    refused(graph(`/applications/${randomUUID()}`), 404, 'Request_ResourceNotFound'))
  test('an app id that is not there', () =>
    refused(graph(`/applications(appId='${randomUUID()}')`), 404, 'Request_ResourceNotFound'))
  test('a filter that it does not have', () =>
    refused(graph('/applications?$filter=nonsense'), 400, 'Request_BadRequest'))
  test('an address that it does not have', () => refused(graph('/groups'), 400, 'Request_BadRequest'))
  test.each<[string, unknown]>([
    ['no list', 'x'],
    ['an entry that is no object', [1]],
    ['a key that is no certificate', [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: 'eA==' }]],
    ['no key', [{ type: 'AsymmetricX509Cert', usage: 'Verify' }]],
    ['a symmetric key', [{ type: 'Symmetric', usage: 'Verify', key: 'eA==' }]],
    ['a key for signing', [{ type: 'AsymmetricX509Cert', usage: 'Sign', key: 'eA==' }]],
  ])('keyCredentials with %s', async (_, keyCredentials) => {
    const { body } = await patch(daemon(), { keyCredentials: keyCredentials as object })
    expect(body.error.code).toMatch(/^Request_BadRequest$|^KeyCredentialsInvalid/)
    expect((await graph(daemon())).body.keyCredentials).toHaveLength(2)
  })
  test('a key that would outlive its certificate', () => {
    const endDateTime = '2099-01-01T00:00:00Z'
    const keyCredentials = [{ ...credential(tenant().operator.certificatePem), endDateTime }]
    return refused(patch(daemon(), { keyCredentials }), 400, 'KeyCredentialsInvalidEndDate')
  })
  test('a body that is no JSON', () =>
    refused(graph(daemon(), { method: 'PATCH', body: '{' }), 400, 'Request_BadRequest'))
})
