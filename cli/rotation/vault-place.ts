/**
 * A certificate in Key Vault that is rotated by a new version of its name. It is made disabled, so that nobody who reads the
 * latest version gets one that the app does not know yet, and enabled once it is registered.
 */
import { X509Certificate } from 'node:crypto'
import type { CertificateClient } from '@azure/keyvault-certificates'
import { AppError } from '../../core/errors.ts'
import { readVaultCertificate } from '../vault/certificates.ts'
import type { VaultAccess } from '../vault/client.ts'
import { toVaultError } from '../vault/errors.ts'
import type { Place } from './place.ts'

export interface VaultPlaceOptions {
  readonly name: string
  /** The version that the profile names, where it names one. */
  readonly version: string | undefined
  /** Whether the old version stays enabled after the overlap. */
  readonly keepOld: boolean
  /** How long the next one lives, in whole months; undefined: as the certificate's policy says. */
  readonly days: number | undefined
  readonly signal: AbortSignal
}

/** The tag by which a version is found that a stopped run has made. */
const TAG = 'todo-cli-rotation'

/** Needs certificates/create, get, list and update. */
export async function vaultPlace(access: VaultAccess, options: VaultPlaceOptions): Promise<Place> {
  const { name, version: pinned, keepOld, days, signal } = options
  const { CertificateClient } = await import('@azure/keyvault-certificates')
  const client = new CertificateClient(access.vaultUrl, access.credential, access.options)
  const abort = { abortSignal: signal }
  const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action()
    } catch (error) {
      throw error instanceof AppError
        ? error
        : toVaultError(error, { vaultUrl: access.vaultUrl, name, signal })
    }
  }
  const enable = async (version: string, enabled: boolean) => {
    await client.updateCertificateProperties(name, version, { enabled, ...abort })
  }
  return {
    certificate: `vault:${name}`,
    words: {
      make: `make a new version of vault:${name}, disabled`,
      made: `made a new version of vault:${name}, disabled`,
      change: pinned === undefined ? 'enable it, so that it is the latest' : 'name it in the profile',
      retire: keepOld ? 'keep the old version' : 'disable the old version',
    },
    current: async () => (await readVaultCertificate(access, { name, version: pinned }, signal)).leaf,
    make: (_old, id) =>
      guarded(async () => {
        const version =
          (await taggedVersion(client, name, id, signal)) ??
          (await createDisabled(client, name, { id, days }, signal))
        return { leaf: await leafOf(client, name, version, signal), version }
      }),
    activate: ({ version = '' }) => guarded(() => enable(version, true)),
    settingsOfNext: ({ version = '' }) => ({
      auth: 'keyvault',
      certificateName: name,
      keyVaultUrl: access.vaultUrl,
      certificateVersion: version,
    }),
    change: async (_old, { version = '' }) => (pinned === undefined ? {} : { certificateVersion: version }),
    discard: (next) =>
      guarded(async () => {
        if (next?.version !== undefined) await enable(next.version, false)
      }),
    retire: (old) =>
      guarded(async () => {
        const version = keepOld ? undefined : await versionOf(client, name, old, signal)
        if (version !== undefined) await enable(version, false)
      }),
  }
}

async function createDisabled(
  client: CertificateClient,
  name: string,
  { id, days }: { readonly id: string; readonly days: number | undefined },
  signal: AbortSignal,
): Promise<string> {
  const abort = { abortSignal: signal }
  const polling = { intervalInMs: 500, ...abort }
  const policy = await client.getCertificatePolicy(name, abort)
  // The vault counts in months of up to 31 days; at least one.
  const months = days === undefined ? {} : { validityInMonths: Math.max(1, Math.floor(days / 31)) }
  const create = async () => {
    const tags = { [TAG]: id }
    const wanted = { ...policy, ...months, reuseKey: false }
    const poller = await client.beginCreateCertificate(name, wanted, { enabled: false, tags, ...polling })
    await poller.pollUntilDone()
  }
  try {
    await create()
  } catch (error) {
    if (!isBusy(error)) throw error
    // The vault makes one at a time, and what it is at may be what a stopped run has asked for.
    await (await client.getCertificateOperation(name, polling)).pollUntilDone()
    const version = await taggedVersion(client, name, id, signal)
    if (version !== undefined) return version
    await create()
  }
  const version = await taggedVersion(client, name, id, signal)
  if (version !== undefined) return version
  throw new AppError('vault-failed', `the vault made no new version of "${name}"`, {
    hint: 'see its state in the portal, then run it again',
  })
}

/** 409 for a name whose certificate is being made. One that is deleted has codes of its own. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'Conflict'

async function taggedVersion(
  client: CertificateClient,
  name: string,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const { version, tags } of client.listPropertiesOfCertificateVersions(name, {
    abortSignal: signal,
  }))
    if (tags?.[TAG] === id) return version
  return undefined
}

async function leafOf(client: CertificateClient, name: string, version: string, signal: AbortSignal) {
  const { cer } = await client.getCertificateVersion(name, version, { abortSignal: signal })
  if (cer !== undefined) return new X509Certificate(cer)
  throw new AppError('vault-certificate-missing', `the new version of "${name}" is not complete yet`, {
    hint: 'wait until the vault has made it, then run it again',
  })
}

/** The version that holds a certificate, by its SHA-1 thumbprint. */
async function versionOf(
  client: CertificateClient,
  name: string,
  leaf: X509Certificate,
  signal: AbortSignal,
) {
  const sha1 = leaf.fingerprint.replaceAll(':', '').toLowerCase()
  for await (const { version, x509Thumbprint } of client.listPropertiesOfCertificateVersions(name, {
    abortSignal: signal,
  })) {
    if (x509Thumbprint && Buffer.from(x509Thumbprint).toString('hex') === sha1) return version
  }
  return undefined
}
