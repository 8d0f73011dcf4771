import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate, loadPublicCertificate } from '../../../core/certificate-file.ts'
import { CERTIFICATES_DOC, certificatesDoc } from '../../../scripts/certificates-doc.ts'
import { appError } from '../../support/app-error.ts'
import {
  CERTIFICATE_FORMS,
  FORMS,
  type Form,
  type Made,
  type Pair,
  TOOLS,
} from '../../support/certificate-forms.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from '../../support/certificates.ts'
import { has } from '../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'forms-'))
afterAll(() => rmSync(folder, { recursive: true }))

const present = { openssl: has('openssl'), keytool: has('keytool') }
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

const samples = new Map<Form, Made>()

/** Made once for each form: tools take their time to start. */
function sampleOf(form: Form) {
  const { bytes, key } = samples.get(form) ?? form.make(pair, mkdtempSync(join(folder, 'x-')))
  samples.set(form, { bytes, ...(key ? { key } : {}) })
  return { bytes, key: key && { bytes: key, origin: 'daemon.key' } }
}

describe.each(CERTIFICATE_FORMS)('$form by $tool', (one) => {
  const run = it.runIf(one.needs === undefined || present[one.needs])
  const make = () => sampleOf(one)

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

describe('docs/certificates.md', () => {
  it('shows what the loader reads: node scripts/certificates-doc.ts', async () => {
    const unread = new Set<Form>()
    // Where a tool is not here, its column is believed.
    for (const form of CERTIFICATE_FORMS.filter(({ needs }) => needs === undefined || present[needs])) {
      const { bytes, key } = sampleOf(form)
      const options = { origin, key, passphrase: form.passphrase }
      const loaded = await loadCertificate(bytes, options).catch(() => undefined)
      if (!loaded?.key.equals(keys.privateKey)) unread.add(form)
    }
    expect(readFileSync(CERTIFICATES_DOC, 'utf8')).toBe(certificatesDoc((form) => !unread.has(form)))
  })

  it('has a place for every form and every tool, and a cross for what is not read', () => {
    for (const form of FORMS) expect(CERTIFICATE_FORMS.some((each) => each.form === form)).toBe(true)
    for (const tool of TOOLS) expect(CERTIFICATE_FORMS.some((each) => each.tool === tool)).toBe(true)
    expect(certificatesDoc(() => false)).toContain('✗')
    expect(certificatesDoc(() => true)).not.toContain('✗')
  })
})
