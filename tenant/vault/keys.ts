/** /keys: get and sign, of the keys that belong to certificates. */
import { createPrivateKey } from 'node:crypto'
import { type Answer, json } from '../http/exchange.ts'
import { keyBundle, keyItem, keyOperations } from './bundles.ts'
import type { VaultContext } from './context.ts'
import { badParameter, VaultError } from './errors.ts'
import { findCertificate, findVersion, liveCertificates } from './lookup.ts'
import { pageAnswer } from './paging.ts'
import { readJson } from './read.ts'
import type { CertificateRecord, CertificateVersion } from './records.ts'
import { digestSigner, SIGNING_ALGORITHMS } from './rsa-digest.ts'
import { notSupported } from './unsupported.ts'

export function getKey(context: VaultContext): Answer {
  context.allow('keys', 'get')
  const { record, version } = findKey(context)
  return json(200, keyBundle(context.origin, record, version))
}

export function listKeys(context: VaultContext): Answer {
  context.allow('keys', 'list')
  const entries = liveCertificates(context).flatMap((record) => {
    const version = record.versions.at(-1)
    return version ? [{ record, version }] : []
  })
  return pageAnswer(
    context,
    entries,
    ({ record }) => record.id,
    ({ record, version }) => keyItem(`${context.origin}/keys/${record.name}`, version),
  )
}

/** The key is renewed with its certificate. */
export function getRotationPolicy(context: VaultContext): Answer {
  context.allow('keys', 'get')
  findKey(context)
  throw notSupported('keys/getrotationpolicy')
}

export function listKeyVersions(context: VaultContext): Answer {
  context.allow('keys', 'list')
  const record = findCertificate(context, context.request.params.name ?? '', 'Key')
  return pageAnswer(
    context,
    record.versions,
    ({ version }) => version,
    (version) => keyItem(`${context.origin}/keys/${record.name}/${version.version}`, version),
  )
}

/** Signs a digest: the data itself never comes here, and the key never leaves. */
export async function signWithKey(context: VaultContext): Promise<Answer> {
  context.allow('keys', 'sign')
  const { request, deps, origin } = context
  const { alg, value } = await readJson(request)
  const { record, version } = findKey(context)
  assertInUse(version, deps.clock.seconds())
  if (!keyOperations(version).includes('sign')) {
    throw new VaultError(
      403,
      'Forbidden',
      'Operation sign is not permitted on this key.',
      'KeyOperationForbidden',
    )
  }
  const signer = digestSigner(alg)
  if (signer === undefined) {
    const known = SIGNING_ALGORITHMS.join(', ')
    throw badParameter(`Invalid algorithm: ${String(alg)}. The local vault signs with ${known}.`)
  }
  const digest =
    typeof value === 'string' && /^[\w-]+$/.test(value) ? Buffer.from(value, 'base64url') : undefined
  if (digest?.length !== signer.bytes) {
    throw badParameter(
      `Invalid length of 'value': ${digest?.length ?? 0} bytes. ${String(alg)} requires ${signer.bytes} bytes.`,
    )
  }
  const signature = signer.sign(createPrivateKey(version.privateKeyPem), digest)
  return json(200, {
    kid: `${origin}/keys/${record.name}/${version.version}`,
    value: signature.toString('base64url'),
  })
}

function findKey(context: VaultContext): { record: CertificateRecord; version: CertificateVersion } {
  const { name = '', version } = context.request.params
  const record = findCertificate(context, name, 'Key')
  return { record, version: findVersion(record, version, 'Key') }
}

/** @throws VaultError 403 for a disabled key, and outside of its dates */
function assertInUse({ attributes: { enabled, nbf, exp } }: CertificateVersion, now: number): void {
  if (!enabled) {
    throw new VaultError(403, 'Forbidden', 'Operation sign is not allowed on a disabled key.', 'KeyDisabled')
  }
  if (now < nbf) throw new VaultError(403, 'Forbidden', 'Key is not yet valid.', 'KeyNotYetValid')
  if (now >= exp)
    throw new VaultError(403, 'Forbidden', 'Operation sign is not allowed on an expired key.', 'KeyExpired')
}
