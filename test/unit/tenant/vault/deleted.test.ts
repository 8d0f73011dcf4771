/** Soft delete, on a clock that stands still: nothing here depends on how fast the machine is. */
import { describe, expect, test } from 'vitest'
import { refusalOf } from '../../../support/tenant-calls.ts'
import { withTimedVault } from '../../../support/timed-vault.ts'

const { tenant, vault, afterwards, start, later, newName, imported: value } = withTimedVault('deleted')
const DAY = 24 * 60 * 60 * 1000

async function imported(): Promise<string> {
  const name = newName()
  expect((await vault('POST', `/certificates/${name}/import`, value())).status).toBe(200)
  return name
}
async function deleted(): Promise<string> {
  const name = await imported()
  expect((await vault('DELETE', `/certificates/${name}`)).status).toBe(200)
  later(50)
  return name
}
const NEW = { policy: { issuer: { name: 'Self' }, x509_props: { subject: 'CN=again' } } }
const BEING_DELETED = { status: 409, code: 'Conflict', inner: 'ObjectIsBeingDeleted' }
const IN_THE_BIN = { status: 409, code: 'Conflict', inner: 'ObjectIsDeletedButRecoverable' }
const GONE = { status: 404, code: 'CertificateNotFound' }

describe('a certificate that is being deleted', () => {
  test.each<[string, (name: string) => [method: string, path: string, body?: object]]>([
    ['purged', (name) => ['DELETE', `/deletedcertificates/${name}`]],
    ['recovered', (name) => ['POST', `/deletedcertificates/${name}/recover`]],
    ['made anew', (name) => ['POST', `/certificates/${name}/create`, NEW]],
    ['made anew by a policy that is none', (name) => ['POST', `/certificates/${name}/create`, {}]],
    ['imported anew', (name) => ['POST', `/certificates/${name}/import`, value()]],
  ])('can not be %s: ObjectIsBeingDeleted', async (_, call) => {
    const name = await imported()
    await vault('DELETE', `/certificates/${name}`)
    const answer = await vault(...call(name))
    expect(refusalOf(answer)).toEqual(BEING_DELETED)
    expect(answer.body.error.message).toBe('Certificate is currently being deleted.')
  })

  test('is neither here nor in the bin', async () => {
    const name = await imported()
    await vault('DELETE', `/certificates/${name}`)
    expect(refusalOf(await vault('GET', `/certificates/${name}`))).toEqual(GONE)
    expect(refusalOf(await vault('GET', `/deletedcertificates/${name}`))).toEqual(GONE)
    later(50)
    expect((await vault('GET', `/deletedcertificates/${name}`)).status).toBe(200)
  })
})

describe('a certificate in the bin', () => {
  test('says when it was deleted and when it will be gone: 90 days later', async () => {
    const name = await imported()
    const { body } = await vault('DELETE', `/certificates/${name}`)
    const seconds = Math.floor(start.getTime() / 1000)
    expect(body).toMatchObject({
      recoveryId: `${tenant().vaultUrl}/deletedcertificates/${name}`,
      deletedDate: seconds,
      scheduledPurgeDate: seconds + 90 * 86_400,
      attributes: { recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 },
    })
    expect(Object.keys(body)).toEqual(expect.arrayContaining(['id', 'kid', 'sid', 'x5t', 'cer', 'policy']))
  })

  test.each<[string, (name: string) => [method: string, path: string, body?: object]]>([
    ['made anew', (name) => ['POST', `/certificates/${name}/create`, NEW]],
    ['imported anew', (name) => ['POST', `/certificates/${name}/import`, value()]],
  ])('keeps its name from being %s', async (_, call) => {
    const name = await deleted()
    const answer = await vault(...call(name))
    expect(refusalOf(answer)).toEqual(IN_THE_BIN)
    expect(answer.body.error.message).toBe(
      `Certificate ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the certificate can only be recovered or purged.`,
    )
  })

  test.each(['certificates', 'keys', 'secrets'])('is not among the %s', async (plane) => {
    const name = await deleted()
    const { body } = await vault('GET', `/${plane}`)
    const ids = body.value.map(({ id, kid }: { id?: string; kid?: string }) => id ?? kid)
    expect(ids.filter((id: string) => id.endsWith(`/${name}`))).toEqual([])
  })

  test.each([
    ['GET', ''],
    ['GET', '/versions'],
    ['GET', '/policy'],
    ['GET', '/pending'],
    ['PATCH', ''],
    ['DELETE', ''],
  ])('is not found by %s /certificates/name%s', async (method, rest) => {
    const name = await deleted()
    const body = method === 'PATCH' ? { tags: {} } : undefined
    expect(refusalOf(await vault(method, `/certificates/${name}${rest}`, body))).toEqual(GONE)
  })

  test('does not sign, and gives no secret', async () => {
    const name = await deleted()
    const sign = { alg: 'RS256', value: Buffer.alloc(32).toString('base64url') }
    expect(refusalOf(await vault('POST', `/keys/${name}/sign`, sign)).code).toBe('KeyNotFound')
    expect(refusalOf(await vault('GET', `/secrets/${name}`)).code).toBe('SecretNotFound')
  })

  test('is listed there, and nowhere before it is', async () => {
    const name = await imported()
    const listed = async () =>
      (await vault('GET', '/deletedcertificates')).body.value.some(({ recoveryId }: { recoveryId: string }) =>
        recoveryId.endsWith(`/${name}`),
      )
    expect(await listed()).toBe(false)
    await vault('DELETE', `/certificates/${name}`)
    later(50)
    expect(await listed()).toBe(true)
  })

  test('that was never issued has no certificate to show, there and when it comes back', async () => {
    const name = `unissued-${Math.trunc(start.getTime())}`
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=unissued' } }
    await vault('POST', `/certificates/${name}/create`, { policy })
    const id = `${tenant().vaultUrl}/certificates/${name}`
    const bare = { id, attributes: { enabled: false } }
    const { status, body } = await vault('DELETE', `/certificates/${name}`)
    expect({ status, body }).toMatchObject({ status: 200, body: bare })
    expect(body).not.toHaveProperty('cer')
    later(50)
    const { body: list } = await vault('GET', '/deletedcertificates')
    expect(list.value.find((each: { id: string }) => each.id === id)).toMatchObject(bare)
    expect((await vault('GET', `/deletedcertificates/${name}`)).body).toMatchObject(bare)
    const recovered = await vault('POST', `/deletedcertificates/${name}/recover`)
    expect({ status: recovered.status, body: recovered.body }).toEqual({ status: 200, body: {} })
  })

  test('comes back as it was, versions and all', async () => {
    const name = await imported()
    await vault('POST', `/certificates/${name}/import`, value())
    const { body: before } = await vault('GET', `/certificates/${name}`)
    await vault('DELETE', `/certificates/${name}`)
    later(50)
    expect((await vault('POST', `/deletedcertificates/${name}/recover`)).body.id).toBe(before.id)
    expect((await vault('GET', `/certificates/${name}`)).body).toEqual(before)
    expect((await vault('GET', `/certificates/${name}/versions`)).body.value).toHaveLength(2)
    expect(refusalOf(await vault('POST', `/deletedcertificates/${name}/recover`))).toEqual(GONE)
  })

  test('is purged with 204 and no body, once', async () => {
    const name = await deleted()
    const { status, text } = await vault('DELETE', `/deletedcertificates/${name}`)
    expect({ status, text }).toEqual({ status: 204, text: '' })
    const again = await vault('DELETE', `/deletedcertificates/${name}`)
    expect(refusalOf(again)).toEqual(GONE)
    expect(again.body.error.message).toBe(`Deleted Certificate not found: ${name}`)
  })

  test('is gone after 90 days, and its name is free', async () => {
    const name = await deleted()
    later(90 * DAY - 1000)
    expect((await afterwards('GET', `/deletedcertificates/${name}`)).status).toBe(200)
    later(1000)
    expect(refusalOf(await afterwards('GET', `/deletedcertificates/${name}`))).toEqual(GONE)
    expect((await afterwards('POST', `/certificates/${name}/import`, value())).status).toBe(200)
  })
})
