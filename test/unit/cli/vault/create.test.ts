import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { readVaultCertificate } from '../../../../cli/vault/certificates.ts'
import { createVaultCertificate } from '../../../../cli/vault/create.ts'
import { certificateDetails } from '../../../../core/certificate-details.ts'
import { AppError, type ErrorCode } from '../../../../core/errors.ts'
import { certificatesIn } from '../../../../tenant/vault/records.ts'
import { appError } from '../../../support/app-error.ts'
import { ask } from '../../../support/tenant-client.ts'
import { withVault } from '../../../support/vault.ts'

/** While it is set, no time passes in the vault: what is pending stays pending. */
let frozen: Date | undefined
const vault = withVault({ now: () => frozen ?? new Date() })
afterEach(() => {
  frozen = undefined
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

  it('names the missing permission, and does not say that one may be there', async () => {
    vault().permit({ certificates: ['get'] })
    const { message, hint, details } = await appError('vault-refused', () => create())
    expect(details).toEqual([])
    expect(message).toContain('denies "certificates create"')
    expect(hint).toContain('--certificate-permissions create')
  })

  it.each(['nobody', '', 'CN=', 'CN=a+O=b', 'XY=a', 'CN=a\nb', 'C=Germany'])(
    'refuses the subject %j before any request',
    async (subject) => {
      vault().exchanges.splice(0)
      await appError('setting-invalid', () => create(spec({ subject })))
      expect(vault().exchanges).toEqual([])
    },
  )

  it.each([
    'CN=daemon',
    'CN=daemon,O=Contoso\\, Ltd,C=DE',
    'CN=say \\"hi\\",O=a\\+b',
    'CN=\\ x\\ ,OU=back\\\\slash',
    'emailAddress=ops@example.com,CN=daemon,UID=d1,DC=example',
  ])('gives the certificate the subject %s', async (subject) => {
    const { leaf } = await create(spec({ subject }))
    expect(certificateDetails(leaf).subject).toBe(subject)
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

describe('a vault that is lost after it was asked', () => {
  it.each<[string, string, ErrorCode]>([
    ['while it is pending', '/pending', 'vault-unreachable'],
    ['when it is done', '/certificates/', 'vault-unreachable'],
  ])('%s is told, with what may be there', async (_, pathContains, code) => {
    const { tenant } = vault()
    const one = spec()
    const { exchanges } = vault()
    const push = exchanges.push.bind(exchanges)
    exchanges.push = (...records) => {
      if (records.some(({ path, status }) => path.endsWith('/create') && status === 202)) {
        exchanges.push = push
        const body = { service: 'vault', pathContains, answer: 503, times: 20 }
        failing = ask(tenant, `${tenant.adminUrl}/faults`, { body, token: tenant.adminToken }).finally(() => {
          frozen = undefined
        })
      }
      return push(...records)
    }
    let failing: Promise<unknown> | undefined
    // It is not done before the vault is lost.
    frozen = new Date()
    const error = await appError(code, () => create(one))
    await failing
    await ask(tenant, `${tenant.adminUrl}/faults`, { method: 'DELETE', token: tenant.adminToken })
    expect(error.details).toEqual([expect.stringContaining(`"${one.name}" was asked for`)])
    expect(error.hint).toBeTruthy()
  })

  it('before its answer came is told, for the answer may have been a yes', async () => {
    const { tenant } = vault()
    const one = spec()
    const access = await vault().access()
    // So that the challenge is known, and what is lost is the request itself.
    await appError('vault-certificate-missing', () =>
      readVaultCertificate(access, { name: one.name }, never()),
    )
    const body = { service: 'vault', pathContains: '/create', answer: 'drop', times: 20 }
    await ask(tenant, `${tenant.adminUrl}/faults`, { body, token: tenant.adminToken })
    const error = await appError('vault-unreachable', () => createVaultCertificate(access, one, never()))
    await ask(tenant, `${tenant.adminUrl}/faults`, { method: 'DELETE', token: tenant.adminToken })
    expect(error.details).toEqual([expect.stringContaining(`"${one.name}" was asked for`)])
  })

  it('before it was asked says no more than that', async () => {
    const access = { ...(await vault().access()), vaultUrl: 'https://localhost:1' }
    const { details } = await appError('vault-unreachable', () =>
      createVaultCertificate(access, spec(), never()),
    )
    expect(details).toEqual([])
  })

  it('that may create and not read is told, too', async () => {
    vault().permit({ certificates: ['create'] })
    const one = spec()
    const error = await appError('vault-refused', () => create(one))
    expect(error.hint).toContain('--certificate-permissions get')
    expect(error.details).toEqual([
      expect.stringContaining(`cert show ${vault().tenant.vaultUrl}/certificates/`),
    ])
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

  /** Ctrl-C right after the vault was asked. */
  const interruptedOnceAsked = (one: ReturnType<typeof spec>) => {
    const signal = interruptAfter((line) => line.includes('/create 202'))
    return appError('interrupted', () => create(one, signal))
  }

  it('leaves nothing unsaid, whichever answer of the vault it comes after', async () => {
    // Asked for, looked at, done, its state, the certificate: after each answer of the vault Ctrl-C is pressed once.
    const said: string[] = []
    for (let answers = 1; answers <= 20; answers += 1) {
      frozen = answers <= 2 ? new Date() : undefined
      const one = spec()
      let seen = 0
      const made = await create(
        one,
        interruptAfter((line) => line.includes(one.name) && !line.endsWith(' 401') && ++seen === answers),
      ).catch((error: unknown) => error)
      const isThere = await policyOfMissing(one.name).then(
        () => true,
        () => false,
      )
      if (!(made instanceof AppError)) break
      expect(made.code).toBe('interrupted')
      expect(made.message).toMatch(
        isThere ? /too late to cancel: "n-.+" is made/ : /the creation of "n-.+" .* was cancelled/,
      )
      said.push(isThere ? 'made' : 'cancelled')
    }
    expect(said.slice(0, 2)).toEqual(['cancelled', 'cancelled'])
    expect(said.at(-1)).toBe('made')
  })

  it('before anything was asked for leaves nothing, and says no more', async () => {
    const one = spec()
    const { message } = await appError('interrupted', () => create(one, AbortSignal.abort()))
    expect(message).toBe('interrupted')
    await appError('vault-certificate-missing', async () => policyOfMissing(one.name))
  })

  it('while it is pending cancels it, and says so', async () => {
    frozen = new Date()
    const one = spec()
    const { message, hint } = await interruptedOnceAsked(one)
    expect(message).toContain(`the creation of "${one.name}"`)
    expect(message).toContain('was cancelled')
    expect(hint).toContain('todo-cli cert list')
    await appError('vault-certificate-missing', async () => policyOfMissing(one.name))
  })

  it('that can not cancel it says that it may be made yet', async () => {
    frozen = new Date()
    const one = spec()
    vault().permit({ certificates: ['get', 'create'] })
    const { message, hint } = await interruptedOnceAsked(one)
    expect(message).toContain(`"${one.name}" may still be in the making`)
    expect(hint).toContain('todo-cli cert remove')
  })

  it('that comes too late says that it is made, and how to remove it', async () => {
    const one = spec()
    vault().permit({ certificates: ['get', 'create'] })
    const { message, hint } = await interruptedOnceAsked(one)
    expect(message).toMatch(/may still be in the making|is made/)
    expect(hint).toContain(`todo-cli cert remove ${vault().tenant.vaultUrl}/certificates/${one.name}`)
  })

  const policyOfMissing = async (name: string) => {
    return readVaultCertificate(await vault().access(), { name }, never())
  }
})
