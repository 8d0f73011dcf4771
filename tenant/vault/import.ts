/** /certificates/{name}/import: a certificate with its key, as PFX or PEM. */
import type { X509Certificate } from 'node:crypto'
import { type KeyedCertificate, loadCertificate } from '../../core/certificate-file.ts'
import { AppError } from '../../core/errors.ts'
import { pkcs8 } from '../dev-ca.ts'
import { type Answer, json } from '../http/exchange.ts'
import { certificateBundle } from './bundles.ts'
import { object, readPolicy } from './certificate-policy.ts'
import type { VaultContext } from './context.ts'
import { assertNameIsFree } from './deleted.ts'
import { badParameter } from './errors.ts'
import { newId, pemOf } from './issue.ts'
import { lookUp } from './lookup.ts'
import { readEnabled, readJson, readName, readTags } from './read.ts'
import type { CertificateRecord, CertificateVersion } from './records.ts'

/** A new version, or a new certificate. The password is not kept: the secret that comes of it has none. */
export async function importCertificate(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'import')
  const { request, certificates, deps, origin } = context
  const name = readName(request.params.name)
  const { value, pwd, policy: asked, attributes, tags: sentTags } = await readJson(request)
  const tags = readTags(sentTags)
  const enabled = readEnabled(attributes) ?? true
  const { chain, key } = await readCertificate(value, pwd)
  const [leaf] = chain
  const isPem = String(value).includes('-----BEGIN')
  const policy = readPolicy({
    issuer: { name: 'Unknown' },
    ...withKeySize(object(asked ?? {}, 'policy'), leaf),
    secret_props: { contentType: isPem ? 'application/x-pem-file' : 'application/x-pkcs12' },
    x509_props: policyOf(leaf),
  })
  const existing = lookUp(context, name)
  assertNameIsFree(existing, deps.clock)
  const now = deps.clock.seconds()
  const version: CertificateVersion = {
    version: newId(),
    chainPem: pemOf(chain),
    privateKeyPem: pkcs8(key),
    attributes: {
      enabled,
      nbf: leaf.validFromDate.getTime() / 1000,
      exp: leaf.validToDate.getTime() / 1000,
      created: now,
      updated: now,
    },
    tags,
    exportable: policy.key_props.exportable,
    keyUsage: policy.x509_props.key_usage,
    contentType: policy.secret_props.contentType,
  }
  const created = existing?.policy.attributes.created ?? now
  const record: CertificateRecord = {
    id: name.toLowerCase(),
    name: existing?.name ?? name,
    policy: { ...policy, attributes: { enabled: true, created, updated: now } },
    versions: [...(existing?.versions ?? []), version],
  }
  certificates.put(record)
  return json(200, certificateBundle(origin, record, version))
}

/** @throws VaultError 400 for a wrong password, no private key, or what is no certificate */
async function readCertificate(value: unknown, password: unknown): Promise<KeyedCertificate> {
  if (typeof value !== 'string' || value === '') throw badParameter('Property value is missing.')
  const passphrase = typeof password === 'string' ? password : undefined
  try {
    // Base64 is taken as text, too.
    return await loadCertificate(Buffer.from(value), { origin: 'the certificate', passphrase })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const isPassword = error.code.startsWith('certificate-passphrase')
    throw badParameter(
      isPassword
        ? 'The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid PKCS#12 format, and its password is right.'
        : `The specified certificate content can not be used: ${error.message}`,
    )
  }
}

function withKeySize(asked: Readonly<Record<string, unknown>>, { publicKey }: X509Certificate) {
  const key_size = publicKey.asymmetricKeyDetails?.modulusLength
  return { ...asked, key_props: { ...object(asked.key_props ?? {}, 'key_props'), key_size } }
}

/** The policy describes the certificate that is there. */
function policyOf(leaf: X509Certificate): object {
  const months = Math.round((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / MONTH)
  return {
    // Node writes one attribute a line, escaped, the most general one first.
    subject: leaf.subject.split('\n').reverse().join(', '),
    ekus: leaf.keyUsage,
    validity_months: Math.min(Math.max(months, 1), 1200),
  }
}

const MONTH = (365.25 / 12) * 24 * 60 * 60 * 1000
