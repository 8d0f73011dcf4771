import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createVaultCertificate } from '../../../../cli/vault/create.ts'
import { certificatesIn } from '../../../../tenant/vault/records.ts'
import { appError } from '../../../support/app-error.ts'
import { withVault } from '../../../support/vault.ts'

/** The tenant's time stands still while there is one: what is pending then stays so. */
let stopped: Date | undefined
const vault = withVault({ now: () => stopped ?? new Date() })
afterEach(() => {
  stopped = undefined
  vault().permitAll()
})

const spec = (more = {}) => ({
  name: `n-${randomUUID()}`,
  subject: 'CN=daemon,O=Contoso',
  validityInMonths: 6,
  keySize: 2048,
  exportable: false,
  ...more,
})
const never = () => new AbortController().signal
const create = async (one = spec(), signal = never()) =>
  createVaultCertificate(await vault().access(), one, signal)
const policyOf = async (name: string) => (await (await vault().client()).getCertificate(name)).policy

describe('createVaultCertificate', () => {
  it('makes what cert create makes of files: digitalSignature, clientAuth, the subject, the key size', async () => {
    const one = spec({ keySize: 3072 })
    const { leaf, keyId } = await create(one)
    expect(leaf.subject.split('\n').sort()).toEqual(['CN=daemon', 'O=Contoso'])
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072)
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(keyId).toContain(`/keys/${one.name}/`)
    expect(await policyOf(one.name)).toMatchObject({
      exportable: false,
      keyUsage: ['digitalSignature'],
      validityInMonths: 6,
      reuseKey: false,
    })
  })

  it('does not let the vault renew it by itself, for no app would know the new version', async () => {
    const one = spec()
    await create(one)
    const actions = (await policyOf(one.name))?.lifetimeActions?.map(({ action }) => action)
    expect(actions).toEqual(['EmailContacts'])
  })

  it('lets the key go only where that was asked for', async () => {
    const one = spec({ exportable: true })
    await create(one)
    expect((await policyOf(one.name))?.exportable).toBe(true)
  })

  it('makes a new version of a name that there is', async () => {
    const one = spec()
    const first = await create(one)
    expect((await create(one)).id).not.toBe(first.id)
  })

  it('names the missing permission', async () => {
    vault().permit({ certificates: ['get'] })
    const { message, hint } = await appError('vault-refused', () => create())
    expect(message).toContain('denies "certificates create"')
    expect(hint).toContain('--certificate-permissions create')
  })

  it('says of a bad subject what the vault says', async () => {
    const { serviceCode } = await appError('vault-failed', () => create(spec({ subject: 'nobody' })))
    expect(serviceCode).toBe('BadParameter')
  })

  it('explains a name that is deleted but recoverable', async () => {
    const one = spec()
    await create(one)
    await (
      await (await vault().client()).beginDeleteCertificate(one.name, { intervalInMs: 20 })
    ).pollUntilDone()
    const { message, hint } = await appError('vault-name-deleted', () => create(one))
    expect(message).toContain(`keeps a deleted certificate "${one.name}"`)
    expect(hint).toContain(`--purge`)
  })
})

describe('a certificate that is cancelled elsewhere meanwhile', () => {
  it('is told, and the version before it is not taken for it', async () => {
    const one = spec()
    await create(one)
    const { exchanges, store } = vault()
    const push = exchanges.push.bind(exchanges)
    exchanges.push = (...records) => {
      const record = certificatesIn(store).get(one.name)
      if (records.some(({ path }) => path.endsWith('/create')) && record?.pending)
        certificatesIn(store).put({ ...record, pending: { ...record.pending, status: 'cancelled' } })
      return push(...records)
    }
    const { message } = await appError('vault-failed', () => create(one))
    exchanges.push = push
    expect(message).toContain(`did not make "${one.name}": it is cancelled`)
  })
})

describe('Ctrl-C', () => {
  /** Aborts when the vault has answered a request that `when` knows. */
  const interruptAfter = (when: (line: string) => boolean) => {
    const interrupt = new AbortController()
    const { exchanges } = vault()
    const push = exchanges.push.bind(exchanges)
    exchanges.push = (...records) => {
      const hit = records.some(({ method, path, status }) => when(`${method} ${path} ${status}`))
      if (hit) {
        exchanges.push = push
        interrupt.abort()
      }
      return push(...records)
    }
    return interrupt.signal
  }

  it('before anything was asked for leaves nothing, and says no more', async () => {
    const one = spec()
    const { message } = await appError('interrupted', () => create(one, AbortSignal.abort()))
    expect(message).toBe('interrupted')
    await appError('vault-certificate-missing', async () => policyOfMissing(one.name))
  })

  it('while it is pending cancels it, and says so', async () => {
    const one = spec()
    stopped = new Date()
    const { message, hint } = await appError('interrupted', () =>
      create(
        one,
        interruptAfter((line) => line.includes('/create 202')),
      ),
    )
    expect(message).toContain(`the creation of "${one.name}"`)
    expect(message).toContain('was cancelled')
    expect(hint).toContain('todo-cli cert list')
    await appError('vault-certificate-missing', async () => policyOfMissing(one.name))
  })

  it('that comes too late says that it is made, and how to remove it', async () => {
    const one = spec()
    vault().permit({ certificates: ['get', 'create'] })
    const { message, hint } = await appError('interrupted', () =>
      create(
        one,
        interruptAfter((line) => line.includes('/create 202')),
      ),
    )
    expect(message).toMatch(/may still be in the making|is made/)
    expect(hint).toContain(`todo-cli cert remove ${vault().tenant.vaultUrl}/certificates/${one.name}`)
  })

  const policyOfMissing = async (name: string) => {
    const { readVaultCertificate } = await import('../../../../cli/vault/certificates.ts')
    return readVaultCertificate(await vault().access(), { name }, never())
  }
})
