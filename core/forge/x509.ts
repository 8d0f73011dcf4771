/**
 * X.509 certificates (RFC 5280): node-forge builds the structure, node:crypto signs it.
 *
 * Loaded with `await import()` only, where a certificate is made: node-forge takes as long to load as Node to start.
 */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'
import forge from 'node-forge'
import { NAME_TYPES, type NameAttribute } from '../distinguished-name.ts'

const { asn1, pki } = forge

export type { NameAttribute }

/** Extended key usages (RFC 5280 section 4.2.1.12): by name, or any OID. */
export type ExtendedKeyUsage = 'serverAuth' | 'clientAuth' | `${number}.${string}`

/** Key usages (RFC 5280 section 4.2.1.3). */
export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly'

export interface CertificateSpec {
  readonly subject: readonly NameAttribute[]
  readonly publicKey: KeyObject
  /** Who signs: itself (its own private key), or an issuer. */
  readonly signer:
    | { readonly privateKey: KeyObject; readonly issuer?: undefined }
    | { readonly privateKey: KeyObject; readonly issuer: IssuerName }
  readonly notBefore: Date
  readonly notAfter: Date
  readonly ca?: boolean
  readonly keyUsage: readonly KeyUsage[]
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[]
  /** Subject alternative names: DNS names, mail addresses and IPv4 or IPv6 addresses. */
  readonly dnsNames?: readonly string[]
  readonly emails?: readonly string[]
  readonly ipAddresses?: readonly string[]
  /** Name constraints (RFC 5280 section 4.2.1.10), for a CA: the only DNS names and IPv4 ranges it may vouch for. */
  readonly permittedDnsNames?: readonly string[]
  /** Each `address/mask` in dotted form, for instance `127.0.0.0/255.0.0.0`, or a single IPv6 address. */
  readonly permittedIpRanges?: readonly string[]
}

/** The name of an issuer, out of its certificate. */
export interface IssuerName {
  readonly certificatePem: string
}

/** Builds and signs a certificate with SHA-256 and RSA. The serial number has 128 random bits. Returns PEM. */
export function buildCertificate(spec: CertificateSpec): string {
  const certificate = pki.createCertificate()
  certificate.publicKey = pki.publicKeyFromPem(
    spec.publicKey.export({ type: 'spki', format: 'pem' }) as string,
  )
  certificate.serialNumber = serialNumber()
  certificate.validity.notBefore = spec.notBefore
  certificate.validity.notAfter = spec.notAfter
  const subject = spec.subject.map(attribute)
  certificate.setSubject(subject)
  const issuer = spec.signer.issuer && pki.certificateFromPem(spec.signer.issuer.certificatePem)
  certificate.setIssuer(issuer ? issuer.subject.attributes.map(decoded) : subject)
  certificate.setExtensions(extensions(spec, issuer))
  certificate.sign(signerOver(certificate, spec.signer.privateKey) as never, forge.md.sha256.create())
  return pki.certificateToPem(certificate).replaceAll('\r\n', '\n')
}

/** A positive integer of 128 random bits below its sign bit, as hexadecimal (RFC 5280 section 4.1.2.2). */
function serialNumber(): string {
  return `01${randomBytes(16).toString('hex')}`
}

/** forge hands its own digest to `sign`; node:crypto signs the same bytes about thirty times faster. */
function signerOver(certificate: forge.pki.Certificate, privateKey: KeyObject) {
  return {
    sign: () => {
      const tbs = asn1
        .toDer((certificate as unknown as { tbsCertificate: forge.asn1.Asn1 }).tbsCertificate)
        .getBytes()
      return sign('sha256', Buffer.from(tbs, 'binary'), privateKey).toString('binary')
    },
  }
}

/** One attribute of a name, with the string type that RFC 5280 section 4.1.2.4 and its appendix A.1 give it. */
export function attribute({ type, value }: NameAttribute): forge.pki.CertificateField {
  const known = NAME_TYPES.get(type)
  if (known === undefined && !/^\d+(\.\d+)+$/.test(type)) throw new TypeError('not an attribute of a name')
  const tag = STRING_TAGS[known?.string ?? 'utf8']
  return { type: known?.oid ?? type, value, valueTagClass: tag as unknown as forge.asn1.Class }
}

const STRING_TAGS = {
  utf8: asn1.Type.UTF8,
  printable: asn1.Type.PRINTABLESTRING,
  ia5: asn1.Type.IA5STRING,
} as const

/** forge keeps the raw bytes of a UTF8String that it parsed, and would encode them once more. */
function decoded(field: forge.pki.CertificateField): forge.pki.CertificateField {
  const utf8 = (field.valueTagClass as unknown as forge.asn1.Type) === asn1.Type.UTF8
  return utf8 ? { ...field, value: forge.util.decodeUtf8(field.value as string) } : field
}

function extensions(spec: CertificateSpec, issuer: forge.pki.Certificate | undefined): object[] {
  const list: object[] = [
    { name: 'basicConstraints', cA: spec.ca ?? false, critical: true },
    { name: 'keyUsage', critical: true, ...Object.fromEntries(spec.keyUsage.map((usage) => [usage, true])) },
    { name: 'subjectKeyIdentifier' },
  ]
  if (spec.extendedKeyUsage?.length) {
    list.push({
      name: 'extKeyUsage',
      ...Object.fromEntries(spec.extendedKeyUsage.map((usage) => [nameOfUsage(usage), true])),
    })
  }
  if (issuer) {
    list.push({
      name: 'authorityKeyIdentifier',
      keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes(),
    })
  }
  const altNames = [
    ...(spec.emails ?? []).map((value) => ({ type: 1, value })),
    ...(spec.dnsNames ?? []).map((value) => ({ type: 2, value })),
    ...(spec.ipAddresses ?? []).map((ip) => ({ type: 7, ip: ipAddress(ip) })),
  ]
  if (altNames.length > 0) list.push({ name: 'subjectAltName', altNames })
  if (spec.permittedDnsNames || spec.permittedIpRanges) {
    list.push({ id: '2.5.29.30', critical: true, value: nameConstraints(spec) })
  }
  return list
}

/** forge takes an OID only where it has no name for it. */
function nameOfUsage(usage: ExtendedKeyUsage): string {
  return /^\d/.test(usage) ? (pki.oids[usage] ?? usage) : usage
}

function nameConstraints({
  permittedDnsNames = [],
  permittedIpRanges = [],
}: CertificateSpec): forge.asn1.Asn1 {
  const { Class, Type } = asn1
  const subtree = (tag: number, bytes: string) =>
    asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [
      asn1.create(Class.CONTEXT_SPECIFIC, tag, false, bytes),
    ])
  const trees = [
    ...permittedDnsNames.map((name) => subtree(2, name)),
    ...permittedIpRanges.map((range) => subtree(7, ipRange(range))),
  ]
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, trees),
  ])
}

/** Address bytes followed by mask bytes. */
function ipRange(range: string): string {
  const [address = '', mask] = range.split('/')
  if (isIPv4(address)) return bytesOfIp(address) + bytesOfIp(mask ?? '255.255.255.255')
  return bytesOfIp(address) + '\xff'.repeat(16)
}

function bytesOfIp(ip: string): string {
  const { bytesFromIP } = forge.util as unknown as { bytesFromIP(ip: string): string }
  return bytesFromIP(ipAddress(ip))
}

/** forge would take 300.0.0.1 for 44.0.0.1. */
function ipAddress(ip: string): string {
  if (isIP(ip) === 0) throw new TypeError(`not an IP address: ${ip}`)
  return ip
}

/** The subject key identifier that {@link buildCertificate} writes: SHA-1 of the public key's bits (RFC 5280 4.2.1.2). */
export function subjectKeyIdentifier(publicKey: KeyObject): string {
  return createHash('sha1')
    .update(publicKey.export({ type: 'pkcs1', format: 'der' }))
    .digest('hex')
}
