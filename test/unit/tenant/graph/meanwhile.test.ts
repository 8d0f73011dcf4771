/** What changed while the body of a call was on its way counts: no call writes what it read before. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls } from '../../../support/tenant-calls.ts'
import { certificateOf, type Reply } from '../../../support/tenant-client.ts'
import { proofFor } from '../../../support/tenant-proof.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const key = (pem: string) => ({ key: certificateOf(pem).replace(/-----[^-]+-----|\s/g, '') })
const POLICY = '/policies/defaultAppManagementPolicy'
const FEDERATED = { issuer: 'https://issuer.example', subject: 's', audiences: ['a'] }
const CREATE = { headers: { prefer: 'create-if-missing' } }
let app: { id: string; appId: string; keyCredentials: { keyId: string }[] }
let sp: { id: string }

beforeEach(async () => {
  const keyCredentials = [key(tenant().client.certificatePem)]
  app = (await graph('POST', '/applications', { displayName: 'before', keyCredentials })).body
  sp = (await graph('POST', '/servicePrincipals', { appId: app.appId })).body
})
const application = () => `/applications/${app.id}`
const principal = () => `/servicePrincipals/${sp.id}`
const owner = (id: string | undefined) => ({ '@odata.id': `${tenant().graphUrl}/directoryObjects/${id}` })
const proof = () => proofFor(app.id, tenant().client.certificatePem)

describe('is kept, beside what the call changes:', () => {
  const member = (path: () => string) => async (body: object, meanwhile?: () => Promise<Reply>) =>
    graph('PATCH', path(), body, { meanwhile })

  test('another member of an application', async () => {
    const patch = member(application)
    expect((await patch({ notes: 'n' }, () => patch({ tags: ['t'] }))).status).toBe(204)
    expect((await graph('GET', application())).body).toMatchObject({ notes: 'n', tags: ['t'] })
  })

  test('another member of a service principal', async () => {
    const patch = member(principal)
    expect((await patch({ notes: 'n' }, () => patch({ tags: ['t'] }))).status).toBe(204)
    expect((await graph('GET', principal())).body).toMatchObject({ notes: 'n', tags: ['t'] })
  })

  test('another owner', async () => {
    const [one, other] = tenant().users
    for (const owned of [application(), principal()]) {
      const add = (id: string | undefined, meanwhile?: () => Promise<Reply>) =>
        graph('POST', `${owned}/owners/$ref`, owner(id), { meanwhile })
      expect((await add(one?.id, () => add(other?.id))).status).toBe(204)
      const { body } = await graph('GET', `${owned}/owners`)
      expect(body.value.map(({ id }: { id: string }) => id)).toEqual([other?.id, one?.id])
    }
  })

  test('another secret', async () => {
    for (const owned of [application(), principal()]) {
      const add = (displayName: string, meanwhile?: () => Promise<Reply>) =>
        graph('POST', `${owned}/addPassword`, { passwordCredential: { displayName } }, { meanwhile })
      const one = await add('one', () => add('other'))
      expect((await graph('GET', owned)).body.passwordCredentials).toMatchObject([
        { displayName: 'other' },
        { displayName: 'one' },
      ])
      const remove = (keyId: string, meanwhile?: () => Promise<Reply>) =>
        graph('POST', `${owned}/removePassword`, { keyId }, { meanwhile })
      await remove(one.body.keyId, () => add('third'))
      expect((await graph('GET', owned)).body.passwordCredentials).toMatchObject([
        { displayName: 'other' },
        { displayName: 'third' },
      ])
    }
  })

  test('a change, where a key is rolled', async () => {
    const keyCredential = key(tenant().operator.certificatePem)
    const rename = (displayName: string) => () => graph('PATCH', application(), { displayName })
    const added = await graph(
      'POST',
      `${application()}/addKey`,
      { keyCredential, proof: await proof() },
      { meanwhile: rename('added') },
    )
    expect(added.status).toBe(200)
    expect((await graph('GET', application())).body.displayName).toBe('added')
    const removed = await graph(
      'POST',
      `${application()}/removeKey`,
      { keyId: added.body.keyId, proof: await proof() },
      { meanwhile: rename('removed') },
    )
    expect(removed.status).toBe(204)
    const { displayName, keyCredentials } = (await graph('GET', application())).body
    expect(displayName).toBe('removed')
    expect(keyCredentials).toMatchObject([{ keyId: app.keyCredentials[0]?.keyId }])
  })

  test('another federated credential, and a change of the same', async () => {
    const path = `${application()}/federatedIdentityCredentials`
    const add = (name: string) => graph('POST', path, { ...FEDERATED, name, subject: name })
    await add('one')
    const patch = (body: object, meanwhile: () => Promise<Reply>) =>
      graph('PATCH', `${path}/one`, body, { meanwhile })
    const description = () => graph('PATCH', `${path}/one`, { description: 'd' })
    expect((await patch({ audiences: ['b'] }, () => add('two'))).status).toBe(204)
    expect((await patch({ subject: 'x' }, description)).status).toBe(204)
    expect((await graph('GET', path)).body.value).toMatchObject([
      { name: 'one', subject: 'x', audiences: ['b'], description: 'd' },
      { name: 'two' },
    ])
  })

  test('the switch of the policy', async () => {
    const applicationRestrictions = { passwordCredentials: [], keyCredentials: [] }
    await graph(
      'PATCH',
      POLICY,
      { applicationRestrictions },
      { meanwhile: () => graph('PATCH', POLICY, { isEnabled: true }) },
    )
    expect((await graph('GET', POLICY)).body.isEnabled).toBe(true)
    await graph('PATCH', POLICY, { isEnabled: false })
  })
})

describe('stays gone:', () => {
  test.each<[string, () => string, () => Promise<object>]>([
    ['an application that is changed', application, async () => ({ notes: 'n' })],
    ['an application whose owner comes', () => `${application()}/owners/$ref`, async () => owner(sp.id)],
    [
      'an application whose key is rolled',
      () => `${application()}/addKey`,
      async () => ({ keyCredential: key(tenant().operator.certificatePem), proof: await proof() }),
    ],
    ['a service principal that is changed', principal, async () => ({ notes: 'n' })],
    ['a service principal whose secret comes', () => `${principal()}/addPassword`, async () => ({})],
  ])('%s', async (_, path, body) => {
    const method = /\/[^/]+\/[^/]+\/./.test(path()) ? 'POST' : 'PATCH'
    const meanwhile = () => graph('DELETE', application())
    expect((await graph(method, path(), await body(), { meanwhile })).status).toBe(404)
    expect((await graph('GET', application())).status).toBe(404)
    expect((await graph('GET', principal())).status).toBe(404)
  })

  test('a grant whose scope is changed', async () => {
    const grant = { clientId: sp.id, resourceId: sp.id, consentType: 'AllPrincipals', scope: 'A' }
    const { body } = await graph('POST', '/oauth2PermissionGrants', grant)
    const path = `/oauth2PermissionGrants/${body.id}`
    const meanwhile = () => graph('DELETE', path)
    expect((await graph('PATCH', path, { scope: 'B' }, { meanwhile })).status).toBe(404)
    expect((await graph('DELETE', path)).status).toBe(404)
  })
})

describe('by a key of the caller’s own is found, not made again:', () => {
  test('an application', async () => {
    const path = `/applications(uniqueName='key-${randomUUID()}')`
    const meanwhile = () => graph('PATCH', path, { displayName: 'first' }, CREATE)
    const second = await graph('PATCH', path, { displayName: 'second' }, { ...CREATE, meanwhile })
    expect(second.status).toBe(204)
    expect((await graph('GET', path)).body.displayName).toBe('second')
  })

  test('a federated credential', async () => {
    const path = `${application()}/federatedIdentityCredentials(name='mine')`
    const meanwhile = () => graph('PATCH', path, FEDERATED, CREATE)
    const changed = { ...FEDERATED, subject: 'changed' }
    expect((await graph('PATCH', path, changed, { ...CREATE, meanwhile })).status).toBe(204)
    const { body } = await graph('GET', `${application()}/federatedIdentityCredentials`)
    expect(body.value).toMatchObject([{ name: 'mine', subject: 'changed' }])
  })
})
