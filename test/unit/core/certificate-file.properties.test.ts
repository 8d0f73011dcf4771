import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadCertificate } from '../../../core/certificate-file.ts'
import { assertLoaderHolds, ours, samples } from '../../support/loader-properties.ts'

const { made, privateKey } = samples({ java: false })

it.each(made.map((sample) => [`${sample.form.form} by ${sample.form.tool}`, sample] as const))(
  'damage to %s gives an error of ours or the right key',
  async (_, sample) => assertLoaderHolds(sample, privateKey, sample.form.form.includes('PFX') ? 15 : 60),
)

it('random bytes are never a certificate', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
    expect(await ours(() => loadCertificate(bytes, { origin: 'x', passphrase: 'p' }))).toBeUndefined()
  })
  await fc.assert(property, { numRuns: 300 })
})

it('random bytes that begin as DER or PEM do are never a certificate', async () => {
  const start = fc.constantFrom(
    '3080',
    '30820100',
    '3082',
    '3003020103',
    '30800201033080',
    '2d2d2d2d2d424547494e20',
  )
  const property = fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (hex, bytes) => {
    const file = Buffer.concat([Buffer.from(hex, 'hex'), bytes])
    expect(await ours(() => loadCertificate(file, { origin: 'x', passphrase: 'p' }))).toBeUndefined()
  })
  await fc.assert(property, { numRuns: 300 })
})
