/** /secrets: the certificate with its key, where the policy let it out. A permission of its own opens it. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type Answer, json } from '../http/exchange.ts'
import { RECOVERY } from './bundles.ts'
import type { VaultContext } from './context.ts'
import { VaultError } from './errors.ts'
import { findCertificate, findVersion, liveCertificates } from './lookup.ts'
import { pageAnswer } from './paging.ts'
import type { CertificateRecord, CertificateVersion } from './records.ts'

export async function getSecret(context: VaultContext): Promise<Answer> {
  context.allow('secrets', 'get')
  const { name = '', version: wanted } = context.request.params
  const record = findCertificate(context, name, 'Secret')
  const version = findVersion(record, wanted, 'Secret')
  if (!version.attributes.enabled) {
    throw new VaultError(
      403,
      'Forbidden',
      'Operation get is not allowed on a disabled secret.',
      'SecretDisabled',
    )
  }
  const id = `${context.origin}/secrets/${record.name}/${version.version}`
  return json(200, { value: await secretValue(record, version), ...secretItem(context, record, version), id })
}

export function listSecrets(context: VaultContext): Answer {
  context.allow('secrets', 'list')
  const entries = liveCertificates(context).flatMap((record) => {
    const version = record.versions.at(-1)
    return version ? [{ record, version }] : []
  })
  return pageAnswer(
    context,
    entries,
    ({ record }) => record.id,
    ({ record, version }) => ({
      id: `${context.origin}/secrets/${record.name}`,
      ...secretItem(context, record, version),
    }),
  )
}

export function listSecretVersions(context: VaultContext): Answer {
  context.allow('secrets', 'list')
  const record = findCertificate(context, context.request.params.name ?? '', 'Secret')
  return pageAnswer(
    context,
    record.versions,
    ({ version }) => version,
    (version) => ({
      id: `${context.origin}/secrets/${record.name}/${version.version}`,
      ...secretItem(context, record, version),
    }),
  )
}

export function secretItem(
  { origin }: VaultContext,
  { name }: CertificateRecord,
  version: CertificateVersion,
): object {
  return {
    contentType: version.contentType,
    attributes: { ...version.attributes, ...RECOVERY },
    tags: version.tags,
    managed: true,
    kid: `${origin}/keys/${name}/${version.version}`,
  }
}

/** PEM: key (PKCS#8), then the chain. PKCS#12: base64, no password. Not exportable: the same without the key. */
async function secretValue({ name }: CertificateRecord, version: CertificateVersion): Promise<string> {
  const { chainPem, privateKeyPem, contentType, exportable } = version
  if (contentType === 'application/x-pem-file')
    return [...(exportable ? [privateKeyPem] : []), ...chainPem].join('')
  const { writePfx } = await import('../../core/forge/pkcs12-writer.ts')
  const [leaf, ...issuers] = chainPem
  const key = exportable
    ? createPrivateKey(privateKeyPem).export({ type: 'pkcs8', format: 'der' })
    : undefined
  return writePfx({
    certificates: [derOf(leaf), ...issuers.map(derOf)],
    key,
    passphrase: '',
    friendlyName: name,
  }).toString('base64')
}

function derOf(pem: string): Buffer {
  return new X509Certificate(pem).raw
}
