import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate, loadPublicCertificate } from '../../../core/certificate-file.ts'
import { appError } from '../../support/app-error.ts'
import { CERTIFICATE_FORMS, type Made, type Pair } from '../../support/certificate-forms.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from '../../support/certificates.ts'
import { has } from '../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'forms-'))
afterAll(() => rmSync(folder, { recursive: true }))

const present = { openssl: has('openssl'), keytool: has('keytool') && has('openssl') }
const origin = 'daemon.pfx'
let keys: KeyPair
let pair: Pair

beforeAll(async () => {
  const [own, ca] = await Promise.all([rsaKeys(), rsaKeys()])
  keys = own
  const issuerPem = certificateFor(ca, { cn: 'ca', ca: true })
  const certificatePem = certificateFor(own, { issuer: { keys: ca, pem: issuerPem } })
  pair = { keyPem: pkcs8(own.privateKey), certificatePem, issuerPem }
})

describe.each(CERTIFICATE_FORMS)('$form by $tool', (one) => {
  const run = it.runIf(one.needs === undefined || present[one.needs])
  let made: Made | undefined
  const make = () => {
    made ??= one.make(pair, mkdtempSync(join(folder, 'x-')))
    return { bytes: made.bytes, key: made.key && { bytes: made.key, origin: 'daemon.key' } }
  }

  run('is read: its key, its certificate, and its chain where it has one', async () => {
    const { bytes, key } = make()
    const loaded = await loadCertificate(bytes, { origin, key, passphrase: one.passphrase })
    expect(loaded.key.equals(keys.privateKey)).toBe(true)
    const chain = one.form.includes('chain') ? [pair.certificatePem, pair.issuerPem] : [pair.certificatePem]
    expect(loaded.chain.map(({ raw }) => raw)).toEqual(chain.map(derOf))
    expect((await loadPublicCertificate(bytes, { origin, passphrase: one.passphrase })).raw).toEqual(
      loaded.chain[0].raw,
    )
  })

  if (one.passphrase === undefined) return
  run('asks for its passphrase, and refuses a wrong one', async () => {
    const { bytes, key } = make()
    await appError('certificate-passphrase-missing', () => loadCertificate(bytes, { origin, key }))
    for (const passphrase of ['wrong', ''])
      await appError('certificate-passphrase-wrong', () =>
        loadCertificate(bytes, { origin, key, passphrase }),
      )
  })
})
