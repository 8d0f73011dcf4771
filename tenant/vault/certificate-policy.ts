/** The policy of a vault certificate: read at the door, with Key Vault's defaults (key-vault.md, "Create"). */
import type { ExtendedKeyUsage, KeyUsage } from '../../core/forge/x509.ts'
import { badParameter } from './errors.ts'
import { parseSubject } from './subject.ts'

/** As Key Vault's REST API spells it. */
export interface CertificatePolicy {
  readonly key_props: {
    readonly exportable: boolean
    readonly kty: 'RSA'
    readonly key_size: number
    readonly reuse_key: boolean
  }
  readonly secret_props: { readonly contentType: ContentType }
  readonly x509_props: {
    readonly subject: string
    readonly sans?: { readonly dns_names?: readonly string[]; readonly emails?: readonly string[] }
    readonly ekus: readonly ExtendedKeyUsage[]
    readonly key_usage: readonly KeyUsage[]
    readonly validity_months: number
  }
  readonly lifetime_actions: readonly unknown[]
  readonly issuer: { readonly name: 'Self' | 'Unknown' }
}

export type ContentType = 'application/x-pkcs12' | 'application/x-pem-file'

type Json = Readonly<Record<string, unknown>>

/** @throws VaultError 400 `BadParameter` */
export function readPolicy(value: unknown, base?: CertificatePolicy): CertificatePolicy {
  const policy = object(value, 'policy')
  const key = object(policy.key_props ?? {}, 'policy.key_props')
  const x509 = object(policy.x509_props ?? {}, 'policy.x509_props')
  const secret = object(policy.secret_props ?? {}, 'policy.secret_props')
  const issuer = object(policy.issuer ?? {}, 'policy.issuer')
  return {
    key_props: {
      exportable: flag(key.exportable, base?.key_props.exportable ?? true, 'exportable'),
      kty: readKeyType(key.kty ?? 'RSA'),
      key_size: oneOf(
        key.key_size ?? base?.key_props.key_size ?? 2048,
        [2048, 3072, 4096] as const,
        'key_size',
      ),
      reuse_key: flag(key.reuse_key, base?.key_props.reuse_key ?? false, 'reuse_key'),
    },
    secret_props: {
      contentType: oneOf(
        secret.contentType ?? base?.secret_props.contentType ?? 'application/x-pkcs12',
        ['application/x-pkcs12', 'application/x-pem-file'] as const,
        'contentType',
      ),
    },
    x509_props: readX509(x509, base?.x509_props),
    lifetime_actions: list(
      policy.lifetime_actions ?? base?.lifetime_actions ?? AUTO_RENEW,
      'lifetime_actions',
    ),
    issuer: {
      name: oneOf(issuer.name ?? base?.issuer.name ?? 'Self', ['Self', 'Unknown'] as const, 'issuer'),
    },
  }
}

/**
 * RSA alone: Entra takes no other key for an app, so the local vault makes no other. An HSM is refused as a standard
 * vault refuses it (https://github.com/Azure/azure-sdk-for-net/issues/6551), nonsense as any vault does
 * (https://github.com/Azure/azure-sdk-for-js/issues/26212).
 */
function readKeyType(kty: unknown): 'RSA' {
  if (kty === 'RSA') return kty
  if (kty === 'RSA-HSM' || kty === 'EC-HSM')
    throw badParameter('Hardware key operation not allowed on standard vault')
  if (kty === 'EC')
    throw badParameter('Elliptic curve keys are not supported by the local vault.', 'KeyTypeNotSupported')
  throw badParameter(`Invalid kty value: ${String(kty)}`, 'KeyTypeNotSupported')
}

const AUTO_RENEW = [{ trigger: { lifetime_percentage: 80 }, action: { action_type: 'AutoRenew' } }]

function readX509(
  x509: Json,
  base: CertificatePolicy['x509_props'] | undefined,
): CertificatePolicy['x509_props'] {
  const sans =
    x509.sans === undefined || x509.sans === null ? base?.sans : readSans(object(x509.sans, 'sans'))
  const subject = x509.subject ?? base?.subject ?? ''
  const isNamed = subject !== '' || sans !== undefined
  if (typeof subject !== 'string' || !isNamed || parseSubject(subject) === undefined) {
    throw badParameter('Property policy.x509_props.subject is not a valid X.500 distinguished name.')
  }
  const months = x509.validity_months ?? base?.validity_months ?? 12
  if (typeof months !== 'number' || !Number.isInteger(months) || months < 1 || months > 1200) {
    throw badParameter('Property policy.x509_props.validity_months must be between 1 and 1200.')
  }
  return {
    subject,
    ...(sans === undefined ? {} : { sans }),
    ekus: strings(x509.ekus ?? base?.ekus ?? ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'], 'ekus').map(oid),
    key_usage: strings(
      x509.key_usage ?? base?.key_usage ?? ['digitalSignature', 'keyEncipherment'],
      'key_usage',
    ).map((usage) => oneOf(usage, KEY_USAGES, 'key_usage')),
    validity_months: months,
  }
}

function readSans({ dns_names, emails, upns }: Json): NonNullable<CertificatePolicy['x509_props']['sans']> {
  if (upns !== undefined && strings(upns, 'upns').length > 0) {
    throw badParameter('User principal names are not supported by the local vault.')
  }
  return {
    ...(dns_names === undefined ? {} : { dns_names: strings(dns_names, 'dns_names') }),
    ...(emails === undefined ? {} : { emails: strings(emails, 'emails') }),
  }
}

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const satisfies readonly KeyUsage[]

function oid(text: string): `${number}.${string}` {
  if (!/^[0-2](\.\d+)+$/.test(text))
    throw badParameter(`Property ekus has an invalid object identifier: ${text}.`)
  return text as `${number}.${string}`
}

/** @throws VaultError 400 when the value is no JSON object */
export function object(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw badParameter(`Property ${name} is not an object.`)
}

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value
  throw badParameter(`Property ${name} is not an array.`)
}

function strings(value: unknown, name: string): string[] {
  return list(value, name).map((entry) => {
    if (typeof entry === 'string' && entry !== '') return entry
    throw badParameter(`Property ${name} has an entry that is no text.`)
  })
}

/** null, which SDKs send for what is not set, means the default. */
function flag(value: unknown, fallback: boolean, name: string): boolean {
  if (value === undefined || value === null) return fallback
  if (typeof value === 'boolean') return value
  throw badParameter(`Property ${name} is not a boolean.`)
}

function oneOf<const T extends string | number>(value: unknown, allowed: readonly T[], name: string): T {
  const found = allowed.find((entry) => entry === value)
  if (found !== undefined) return found
  throw badParameter(`Property ${name} must be one of: ${allowed.join(', ')}. The local vault has no other.`)
}
