/** What is in a certificate beyond what node:crypto tells: names as RFC 4514 has them, and the extensions (RFC 5280). */
import type { X509Certificate } from 'node:crypto'
import { type DerElement, DerTag, readDer, readDerChildren } from './der.ts'
import { formatDistinguishedName, NAME_TYPES, type NameAttribute } from './distinguished-name.ts'

export interface CertificateDetails {
  /** RFC 4514, the most specific part first. */
  readonly subject: string
  readonly issuer: string
  /** Upper-case hexadecimal digits. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** `rsa`, `ec` …; `unknown` for what OpenSSL does not know. */
  readonly keyType: string
  /** RSA only. */
  readonly keySize: number | undefined
  /** `sha256WithRSAEncryption`, or an OID. */
  readonly signatureAlgorithm: string
  readonly ca: boolean
  /** Undefined where the certificate does not limit its use. */
  readonly keyUsage: readonly string[] | undefined
  readonly extendedKeyUsage: readonly string[] | undefined
}

/** Reads a certificate that node:crypto has read already; what can not be understood is left out. */
export function certificateDetails(certificate: X509Certificate): CertificateDetails {
  const [tbs, signature] = childrenOf(readDer(certificate.raw))
  const fields = childrenOf(tbs).filter(({ tag }) => tag !== VERSION)
  const extensions = extensionsOf(fields.find(({ tag }) => tag === EXTENSIONS))
  return {
    subject: formatDistinguishedName(nameOf(fields[4])),
    issuer: formatDistinguishedName(nameOf(fields[2])),
    serialNumber: certificate.serialNumber,
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    ...keyOf(certificate),
    signatureAlgorithm: named(SIGNATURES, oidOf(childrenOf(signature)[0])),
    // node:crypto calls an authority one only where its key usage says so too.
    ca: childrenOf(extensions.get('2.5.29.19')).some(
      ({ tag, content }) => tag === BOOLEAN && content[0] !== 0,
    ),
    keyUsage: keyUsageOf(extensions.get('2.5.29.15')),
    extendedKeyUsage: extendedKeyUsageOf(extensions.get('2.5.29.37')),
  }
}

/** Days before the end of a certificate from which every use of it warns. */
export const EXPIRY_WARNING_DAYS = 30

/** Days until the end of the certificate, rounded down: negative once it has passed. */
export function daysLeft({ notAfter }: { readonly notAfter: Date }, now: Date = new Date()): number {
  return Math.floor((notAfter.getTime() - now.getTime()) / 86_400_000)
}

const BOOLEAN = 0x01
const VERSION = 0xa0
const EXTENSIONS = 0xa3

const SIGNATURES = new Map([
  ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
  ['1.2.840.113549.1.1.10', 'rsassaPss'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
  ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption'],
  ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption'],
  ['1.2.840.10045.4.3.2', 'ecdsaWithSHA256'],
  ['1.2.840.10045.4.3.3', 'ecdsaWithSHA384'],
])

const EXTENDED_USAGES = new Map([
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['2.5.29.37.0', 'anyExtendedKeyUsage'],
])

/** The bits of KeyUsage in their order (RFC 5280 section 4.2.1.3). */
const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

const KEYWORDS = new Map([...NAME_TYPES].map(([keyword, { oid }]) => [oid, keyword]))

const named = (names: ReadonlyMap<string, string>, oid: string) => names.get(oid) ?? oid

function childrenOf(element: DerElement | undefined): DerElement[] {
  return (element && readDerChildren(element.content)) ?? []
}

function keyOf(certificate: X509Certificate): { keyType: string; keySize: number | undefined } {
  try {
    const { asymmetricKeyType = 'unknown', asymmetricKeyDetails } = certificate.publicKey
    return { keyType: asymmetricKeyType, keySize: asymmetricKeyDetails?.modulusLength }
  } catch {
    return { keyType: 'unknown', keySize: undefined }
  }
}

/** Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY } */
function nameOf(name: DerElement | undefined): NameAttribute[] {
  return childrenOf(name)
    .flatMap(childrenOf)
    .map((attribute) => {
      const [type, value] = childrenOf(attribute)
      return { type: named(KEYWORDS, oidOf(type)), value: textOf(value) }
    })
}

function textOf(value: DerElement | undefined): string {
  if (value === undefined) return ''
  if (value.tag === 0x1e && value.content.length % 2 === 0)
    return Buffer.from(value.content).swap16().toString('utf16le')
  return value.content.toString(value.tag === 0x0c ? 'utf8' : 'latin1')
}

/** Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
function extensionsOf(tagged: DerElement | undefined): ReadonlyMap<string, DerElement | undefined> {
  const [list] = childrenOf(tagged)
  return new Map(
    childrenOf(list).map((extension) => {
      const fields = childrenOf(extension)
      const value = fields.find(({ tag }) => tag === DerTag.OCTET_STRING)
      return [oidOf(fields[0]), value && readDer(value.content)]
    }),
  )
}

function keyUsageOf(bits: DerElement | undefined): string[] | undefined {
  if (bits === undefined) return undefined
  const bytes = bits.content.subarray(1)
  return USAGES.filter((_, index) => ((bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)
}

function extendedKeyUsageOf(list: DerElement | undefined): string[] | undefined {
  return list && childrenOf(list).map((usage) => named(EXTENDED_USAGES, oidOf(usage)))
}

/** An OBJECT IDENTIFIER in dotted form; empty where there is none. */
function oidOf(element: DerElement | undefined): string {
  if (element?.tag !== DerTag.OID) return ''
  const arcs: number[] = []
  let value = 0
  for (const byte of element.content) {
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      arcs.push(value)
      value = 0
    }
  }
  const [first = 0, ...rest] = arcs
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}
