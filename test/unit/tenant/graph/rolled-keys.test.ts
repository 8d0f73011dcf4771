/** removeKey asks for a proof as addKey does, and takes away the key that it names only. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { certificateOf } from '../../../support/tenant-client.ts'
import { proofFor } from '../../../support/tenant-proof.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const keyOf = (pem: string) => certificateOf(pem).replace(/-----[^-]+-----|\s/g, '')
const NO_PROOF = { status: 401, code: 'Authentication_MissingOrMalformed' }

async function withTwoKeys() {
  const keyCredentials = [tenant().client, tenant().operator].map(({ certificatePem }) => ({
    key: keyOf(certificatePem),
  }))
  const { body } = await graph('POST', '/applications', { displayName: 'rolled', keyCredentials })
  const ids: string[] = body.keyCredentials.map(({ keyId }: { keyId: string }) => keyId)
  const left = async () =>
    (await graph('GET', `/applications/${body.id}`)).body.keyCredentials.map(
      ({ keyId }: { keyId: string }) => keyId,
    )
  const remove = (keyId: unknown, proof: unknown) =>
    graph('POST', `/applications/${body.id}/removeKey`, { keyId, proof })
  return { id: body.id as string, ids, left, remove }
}

test('a key is removed with a proof by either, and the other stays', async () => {
  const { id, ids, left, remove } = await withTwoKeys()
  expect((await remove(ids[0], await proofFor(id, tenant().client.certificatePem))).status).toBe(204)
  expect(await left()).toEqual([ids[1]])
  const late = await remove(ids[1], await proofFor(id, tenant().client.certificatePem))
  expect(refusalOf(late)).toEqual(NO_PROOF)
})

test.each<[string, () => Promise<string> | undefined]>([
  ['no proof', () => undefined],
  ['the proof for another app', () => proofFor(randomUUID(), tenant().client.certificatePem)],
])('a key is not removed with %s', async (_, proof) => {
  const { ids, left, remove } = await withTwoKeys()
  expect(refusalOf(await remove(ids[0], await proof()))).toEqual(NO_PROOF)
  expect(await left()).toEqual(ids)
})

test.each(['0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f', undefined, null, 7])(
  'the key %j is none, and none is removed',
  async (keyId) => {
    const { id, ids, left, remove } = await withTwoKeys()
    const answer = await remove(keyId, await proofFor(id, tenant().client.certificatePem))
    expect(refusalOf(answer)).toEqual({ status: 400, code: 'Request_BadRequest' })
    expect(answer.body.error.message).toBe('No credentials found to be removed.')
    expect(await left()).toEqual(ids)
  },
)
