/** What must hold of the certificate loader whatever happened to a file on its way. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { loadCertificate, loadPublicCertificate } from '../../core/certificate-file.ts'
import { AppError } from '../../core/errors.ts'
import { CERTIFICATE_FORMS, type Form, type Pair } from './certificate-forms.ts'
import { certificateFor, pkcs8 } from './certificates.ts'
import { has } from './tools.ts'

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A file of one form, in order, with what the loader has to find in it. */
interface Sample {
  readonly form: Form
  readonly bytes: Uint8Array
  readonly key: Uint8Array | undefined
}

/** One sample of each form whose tool is here, and the private key that is in all of them. Java takes its time. */
export function samples({ java = true } = {}) {
  const [own, ca] = [rsa(), rsa()]
  const issuerPem = certificateFor(ca, { cn: 'ca', ca: true })
  const pair: Pair = {
    keyPem: pkcs8(own.privateKey),
    certificatePem: certificateFor(own, { issuer: { keys: ca, pem: issuerPem } }),
    issuerPem,
  }
  const present = { openssl: has('openssl'), keytool: java && has('keytool') }
  const folder = mkdtempSync(join(tmpdir(), 'properties-'))
  try {
    const made = CERTIFICATE_FORMS.filter(({ needs }) => needs === undefined || present[needs]).map(
      (form): Sample => {
        const { bytes, key } = form.make(pair, mkdtempSync(join(folder, 'x-')))
        return { form, bytes, key }
      },
    )
    return { made, privateKey: own.privateKey }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Something that happens to a file: it is cut, bytes change, come in, go out, or a piece is there twice. */
export const damage: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((part) => (bytes: Uint8Array) => bytes.subarray(0, Math.floor(part * bytes.length))),
  fc
    .array(fc.tuple(fc.double({ min: 0, max: 0.999999, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((changes) => (bytes: Uint8Array) => {
      const copy = Uint8Array.from(bytes)
      for (const [part, difference] of changes) {
        const at = Math.floor(part * copy.length)
        copy[at] = (copy[at] ?? 0) ^ difference
      }
      return copy
    }),
  fc
    .tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(40),
    )
    .map(([part, inserted, removed]) => (bytes: Uint8Array) => {
      const at = Math.floor(part * bytes.length)
      return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])
    }),
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([a, b]) => (bytes: Uint8Array) => {
      const [from, to] = [Math.floor(Math.min(a, b) * bytes.length), Math.ceil(Math.max(a, b) * bytes.length)]
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
    }),
)

/**
 * Runs the loader over damaged copies of a sample. Each gives an error of ours, or the key that was in the file with a
 * certificate that fits it; never another key, and never an error of anyone else's.
 */
export async function assertLoaderHolds(
  { form, bytes, key }: Sample,
  privateKey: ReturnType<typeof rsa>['privateKey'],
  numRuns: number,
): Promise<void> {
  const { passphrase } = form
  const property = fc.asyncProperty(damage, fc.boolean(), async (harm, inKey) => {
    const damaged = key !== undefined && inKey ? bytes : harm(bytes)
    const second = key && { bytes: inKey ? harm(key) : key, origin: 'daemon.key' }
    const options = { origin: 'daemon.pem', passphrase }
    const loaded = await ours(() => loadCertificate(damaged, { ...options, key: second }))
    if (loaded !== undefined) {
      if (!loaded.key.equals(privateKey)) throw new Error('another key')
      if (!loaded.chain[0].checkPrivateKey(loaded.key)) throw new Error('a certificate of another key')
    }
    await ours(() => loadPublicCertificate(damaged, options))
  })
  await fc.assert(property, { numRuns })
}

/** What `action` gives; undefined where it throws a certificate error of ours, in one line. */
export async function ours<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    if (
      !(error instanceof AppError) ||
      !error.code.startsWith('certificate-') ||
      error.message.includes('\n')
    )
      throw error
    return undefined
  }
}
