/** A version that is made in a vault, where the run before was stopped while the vault was at it. */
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { vaultPlace } from '../../../../cli/rotation/vault-place.ts'
import { createVaultCertificate } from '../../../../cli/vault/create.ts'
import { appError } from '../../../support/app-error.ts'
import { withVault } from '../../../support/vault.ts'

/** While `at` is set and not `over`, no time passes in the vault: what is pending stays pending. */
let frozen: { at: Date; over: () => boolean } | undefined
const vault = withVault({ now: () => (frozen && !frozen.over() ? frozen.at : new Date()) })
afterEach(() => {
  frozen = undefined
})
const freeze = (over: () => boolean) => {
  vault().exchanges.length = 0
  frozen = { at: new Date(), over }
}
/** Somebody has asked for a version while the vault was at one. */
const isMet = () => vault().exchanges.some(({ status }) => status === 409)
const never = () => false

async function existing() {
  const name = `n-${randomUUID()}`
  const access = await vault().access()
  const signal = new AbortController().signal
  const spec = { name, subject: 'CN=daemon', validityInMonths: 6, keySize: 2048, exportable: false }
  const { leaf } = await createVaultCertificate(access, spec, signal)
  const place = (more = {}) =>
    vaultPlace(access, { name, version: undefined, keepOld: false, days: undefined, signal, ...more })
  const client = await vault().client()
  const versions = async () => {
    const found: string[] = []
    for await (const { version } of client.listPropertiesOfCertificateVersions(name))
      found.push(version ?? '')
    return found
  }
  return { name, leaf, place, client, versions }
}

/** What a stopped run leaves: a request with the tag of its rotation, and nobody who waits. */
async function leavePending(
  { name, client }: Awaited<ReturnType<typeof existing>>,
  id: string,
  over: () => boolean = isMet,
) {
  freeze(over)
  const policy = await client.getCertificatePolicy(name)
  await client.beginCreateCertificate(name, policy, { enabled: false, tags: { 'todo-cli-rotation': id } })
}

describe('a new version in a vault that is at one already', () => {
  it('is that one, where the same rotation has asked for it', async () => {
    const at = await existing()
    await leavePending(at, 'this')
    const { version } = await (await at.place()).make(at.leaf, 'this')
    expect(await at.versions()).toHaveLength(2)
    expect(await at.versions()).toContain(version)
  })

  it('is another one, once that is made, where somebody else has asked for it', async () => {
    const at = await existing()
    await leavePending(at, 'another')
    const { version = '' } = await (await at.place()).make(at.leaf, 'this')
    expect(await at.versions()).toHaveLength(3)
    const { properties } = await at.client.getCertificateVersion(at.name, version)
    expect(properties.tags).toEqual({ 'todo-cli-rotation': 'this' })
  })

  it('is made once, where two ask for it at the same moment', async () => {
    const at = await existing()
    const places = await Promise.all([at.place(), at.place()])
    freeze(isMet)
    const made = await Promise.all(places.map((place) => place.make(at.leaf, 'this')))
    expect(new Set(made.map(({ version }) => version)).size).toBe(1)
    expect(await at.versions()).toHaveLength(2)
  })

  it('is not waited for by whoever is interrupted', async () => {
    const at = await existing()
    await leavePending(at, 'another', never)
    const interrupt = new AbortController()
    const place = await at.place({ signal: interrupt.signal })
    setTimeout(() => interrupt.abort(), 300)
    await appError('interrupted', async () => void (await place.make(at.leaf, 'this')))
  })

  it('is not asked for again where the certificate was deleted meanwhile', async () => {
    const at = await existing()
    const place = await at.place()
    await (await at.client.beginDeleteCertificate(at.name)).pollUntilDone()
    await expect(place.make(at.leaf, 'this')).rejects.toMatchObject({
      code: expect.stringMatching(/^vault-/),
    })
  })
})
