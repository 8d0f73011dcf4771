/** Takes a certificate file apart: which form it has, and the certificates and keys in it. Nothing is decrypted here. */
import { DerTag, readDerChildren, readDerHeader } from './der.ts'
import { AppError } from './errors.ts'
import { type PemBlock, scanPem } from './pem.ts'
import type { KeyPart } from './private-key.ts'

/** The most that a certificate file may have, in bytes. */
export const CERTIFICATE_FILE_MAX = 1024 * 1024

/** What was found in a file, still as bytes. */
export interface CertificateParts {
  readonly certificates: readonly Buffer[]
  readonly keys: readonly KeyPart[]
  /** A PKCS#12 file as a whole, to be opened with its passphrase. */
  readonly pfx?: Buffer
}

/**
 * Finds certificates and keys in the bytes of a file: PEM, DER, PKCS#12, or base64 of one of them.
 *
 * @throws AppError `certificate-empty`, `certificate-too-large`, `certificate-truncated`, `certificate-malformed`,
 * `certificate-not-recognised`
 */
export function certificateParts(bytes: Uint8Array, origin: string): CertificateParts {
  if (bytes.length > CERTIFICATE_FILE_MAX) {
    throw new AppError(
      'certificate-too-large',
      `${origin} is larger than 1 MB, so it is no certificate file`,
      {
        hint: 'name the PEM or PFX file that has the certificate and its private key',
      },
    )
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isBlank(buffer)) {
    throw new AppError('certificate-empty', `${origin} is empty`, {
      hint: 'create one: todo-cli cert create NAME',
    })
  }
  const parts = fromPem(buffer, origin) ?? fromDer(buffer, origin) ?? fromBase64(buffer, origin)
  if (parts !== undefined) return parts
  const what = otherKind(buffer)
  throw new AppError(
    'certificate-not-recognised',
    what ? `${origin} is ${what.is}` : `${origin} is neither a PEM, DER nor PFX file`,
    {
      hint:
        what?.hint ??
        'a PEM file has lines such as -----BEGIN CERTIFICATE-----; create one: todo-cli cert create NAME',
    },
  )
}

interface OtherKind {
  readonly is: string
  readonly hint: string
}

/** What people have at hand in the place of a certificate file. */
function otherKind(buffer: Buffer): OtherKind | undefined {
  if (JAVA_KEYSTORES.includes(buffer.subarray(0, 4).toString('hex'))) {
    const hint =
      'turn it into PFX: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12'
    return { is: "a Java keystore of the JDK's own kind", hint }
  }
  const labels = scanPem(buffer).blocks.map(({ label }) => label)
  if (labels.some((label) => /^(PKCS7|CMS)$/.test(label)) || isSignedData(buffer)) {
    const hint =
      'take the certificates out: openssl pkcs7 -print_certs -in FILE -out NEW.pem; the key is in another file'
    return { is: 'a PKCS#7 file (.p7b), which has no private key', hint }
  }
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST'))) {
    return { is: 'a request for a certificate', hint: 'name the certificate that came of it' }
  }
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) {
    return { is: 'a bare public key', hint: 'name the certificate, which holds more than its key' }
  }
  return undefined
}

/** The first four bytes of JKS and JCEKS. */
const JAVA_KEYSTORES = ['feedfeed', 'cececece']

/** PKCS#7 in DER: SEQUENCE { OID 1.2.840.113549.1.7.2, … } (RFC 5652 section 5.1). */
function isSignedData(buffer: Buffer): boolean {
  const oid = Buffer.from('06092a864886f70d010702', 'hex')
  const header = buffer[0] === DerTag.SEQUENCE ? readDerHeader(buffer) : undefined
  return header !== undefined && startsAs(buffer.subarray(header.header), oid)
}

/** @internal The error for a file that ends too early. */
export function truncated(origin: string): AppError {
  return new AppError('certificate-truncated', `${origin} ends in the middle: it was not copied whole`, {
    hint: 'copy it again from where it came from',
  })
}

/** @internal The error for a certificate that can not be read. */
export function damagedCertificate(origin: string, cause?: unknown): AppError {
  return new AppError('certificate-malformed', `a certificate in ${origin} is damaged`, {
    hint: 'export it again from where it came from',
    cause,
  })
}

function fromPem(buffer: Buffer, origin: string): CertificateParts | undefined {
  const scan = scanPem(buffer)
  if (scan.truncated) throw truncated(origin)
  const certificates = scan.blocks.filter(({ label }) => CERTIFICATE_LABELS.includes(label))
  const keys = scan.blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'))
  if (certificates.length + keys.length === 0) return undefined
  return { certificates: certificates.map((block) => certificateOf(block, origin)), keys: keys.map(keyOf) }
}

const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']

function certificateOf({ der }: PemBlock, origin: string): Buffer {
  const header = der && readDerHeader(der)
  if (der === undefined || header === undefined) throw damagedCertificate(origin)
  if (!header.complete) throw truncated(origin)
  // What OpenSSL's TRUSTED CERTIFICATE has after the certificate is no part of it.
  return der.subarray(0, header.header + header.length)
}

function keyOf({ label, der, pem, legacyEncrypted }: PemBlock): KeyPart {
  const form = KEY_FORMS.get(label)
  if (der === undefined) return { form: 'damaged' }
  if (form === undefined) return { form: 'foreign' }
  return legacyEncrypted ? { form: 'legacy-encrypted', pem } : { form, der }
}

const KEY_FORMS = new Map<string, 'pkcs8' | 'pkcs1' | 'sec1' | 'encrypted-pkcs8'>([
  ['PRIVATE KEY', 'pkcs8'],
  ['ENCRYPTED PRIVATE KEY', 'encrypted-pkcs8'],
  ['RSA PRIVATE KEY', 'pkcs1'],
  ['EC PRIVATE KEY', 'sec1'],
])

/** Tells the DER forms apart by their first elements; each is one SEQUENCE. */
function fromDer(buffer: Buffer, origin: string): CertificateParts | undefined {
  if (buffer[0] !== DerTag.SEQUENCE) return undefined
  // A PKCS#12 file may be BER, with the indefinite length: SEQUENCE, then INTEGER 3.
  if (buffer[1] === 0x80) {
    return startsAs(buffer.subarray(2), PFX_VERSION) ? { certificates: [], keys: [], pfx: buffer } : undefined
  }
  const header = readDerHeader(buffer)
  if (header === undefined) return undefined
  const content = buffer.subarray(header.header, header.header + header.length)
  const pfx = startsAs(content, PFX_VERSION)
  if (!header.complete) {
    // A first element that a certificate or key begins with tells a cut file from text that happens to start with "0".
    if (pfx || content[0] === DerTag.SEQUENCE || content[0] === DerTag.INTEGER) throw truncated(origin)
    return undefined
  }
  if (pfx) return { certificates: [], keys: [], pfx: buffer }
  const der = buffer.subarray(0, header.header + header.length)
  const shape = (readDerChildren(content) ?? []).map(({ tag }) => tag.toString(16).padStart(2, '0')).join(' ')
  if (shape === '30 30 03') return { certificates: [der], keys: [] }
  if (shape === '30 04') return { certificates: [], keys: [{ form: 'encrypted-pkcs8', der }] }
  if (shape.startsWith('02 30 04')) return { certificates: [], keys: [{ form: 'pkcs8', der }] }
  if (shape.startsWith('02 02 02')) return { certificates: [], keys: [{ form: 'pkcs1', der }] }
  if (shape.startsWith('02 04')) return { certificates: [], keys: [{ form: 'sec1', der }] }
  return undefined
}

/** INTEGER 3: the version of every PKCS#12 file (RFC 7292 section 4). */
const PFX_VERSION = Buffer.from([DerTag.INTEGER, 1, 3])

const startsAs = (bytes: Buffer, start: Buffer) => bytes.subarray(0, start.length).equals(start)

/** Base64 (or base64url) of a file, as variables and CI secrets hold it. Base64 of base64 is not followed. */
function fromBase64(buffer: Buffer, origin: string): CertificateParts | undefined {
  const text = buffer
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined
  const decoded = Buffer.from(text, 'base64')
  return fromPem(decoded, origin) ?? fromDer(decoded, origin)
}

function isBlank(buffer: Buffer): boolean {
  return buffer.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0)
}
