import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { withTimedVault } from '../../../support/timed-vault.ts'

const { tenant, vault, afterwards, start, now, later, newName } = withTimedVault('dates')
const DAY = 86_400_000
const DIGEST = Buffer.alloc(32).toString('base64url')

/** The name of a certificate whose dates are those that it is given. */
async function dated(notBefore: Date, notAfter: Date): Promise<string> {
  const key = createPrivateKey(tenant().client.certificatePem)
  const certificate = buildCertificate({
    subject: [{ type: 'CN', value: 'dated' }],
    publicKey: createPublicKey(key),
    signer: { privateKey: key },
    ...{ notBefore, notAfter, keyUsage: ['digitalSignature'] },
  })
  const name = newName()
  const value = key.export({ type: 'pkcs8', format: 'pem' }) + certificate
  expect((await vault('POST', `/certificates/${name}/import`, { value })).status).toBe(200)
  return name
}

/** Moves the clock to so many milliseconds from a date, and asks for a signature. */
async function signAt(name: string, date: Date, milliseconds: number) {
  later(date.getTime() + milliseconds - now().getTime())
  const { status, body } = await afterwards('POST', `/keys/${name}/sign`, { alg: 'RS256', value: DIGEST })
  return status === 200 ? 'signs' : `${status} ${body.error.innererror?.code}`
}

describe('a token', () => {
  test('that is over by the tenant’s clock opens nothing, and the vault says why', async () => {
    expect((await vault('GET', '/certificates')).status).toBe(200)
    later(2 * 60 * 60 * 1000)
    const { status, body } = await vault('GET', '/certificates')
    expect({ status, message: body.error.message }).toEqual({
      status: 401,
      message: 'AKV10073: The token has expired.',
    })
  })
})

describe('a key of the vault', () => {
  test('signs from the first second of its certificate on, and not from its end on', async () => {
    const second = Math.floor(start.getTime() / 1000) * 1000
    const [from, until] = [new Date(second + DAY), new Date(second + 2 * DAY)]
    const name = await dated(from, until)
    expect([
      await signAt(name, from, -1000),
      await signAt(name, from, 0),
      await signAt(name, until, -1000),
      await signAt(name, until, 0),
    ]).toEqual(['403 KeyNotYetValid', 'signs', 'signs', '403 KeyExpired'])
  })
})
