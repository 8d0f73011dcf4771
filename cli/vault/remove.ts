/**
 * Deletes a certificate of a vault, ends it, or brings it back: three things that Key Vault tells apart.
 *
 * A deleted one is kept, its name and key with it, until a date; until then it can be recovered, or purged for good.
 * https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
 */
import type { CertificateClient, DeletedCertificate } from '@azure/keyvault-certificates'
import { AppError } from '../../core/errors.ts'
import type { VaultAccess } from './client.ts'
import { toVaultError } from './errors.ts'

export interface RemovedCertificate {
  readonly state: 'deleted' | 'purged'
  /** Until when it can be recovered; undefined for what is gone. */
  readonly recoverableUntil: Date | undefined
}

/** Milliseconds between two looks at whether it is deleted, or back. */
const POLL_MS = 250

/**
 * Deletes all versions, with their key. Needs `certificates/delete` and `certificates/get`; with `purge`,
 * `certificates/purge` too. With `purge` one that is deleted already is ended.
 *
 * @throws AppError `vault-certificate-missing`; `vault-name-deleted` for what is deleted already; `vault-…`
 */
export async function removeVaultCertificate(
  access: VaultAccess,
  name: string,
  { purge }: { readonly purge: boolean },
  signal: AbortSignal,
): Promise<RemovedCertificate> {
  const client = await clientOf(access)
  const { vaultUrl } = access
  const deleted = await attempt(access, name, signal, async () => {
    try {
      return await remove(client, name, signal)
    } catch (error) {
      const before = isMissing(error) ? await deletedOf(client, name, signal) : undefined
      if (before === undefined) throw error
      if (!purge) throw deletedAlready(vaultUrl, name, before)
      return before
    }
  })
  const recoverableUntil = deleted.scheduledPurgeDate
  if (!purge) return { state: 'deleted', recoverableUntil }
  try {
    if (deleted.properties.recoveryLevel?.includes('Purgeable') === false) throw kept(vaultUrl, name)
    await attempt(access, name, signal, () => client.purgeDeletedCertificate(name, { abortSignal: signal }))
    return { state: 'purged', recoverableUntil: undefined }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message, hint, serviceCode } = error
    const details = [`"${name}" is deleted, but not purged: recoverable until ${dayOf(recoverableUntil)}`]
    throw new AppError(code, message, { hint, serviceCode, details, cause: error })
  }
}

/**
 * Brings a deleted certificate back, with its key and all versions. Needs `certificates/recover` and `certificates/get`.
 *
 * @returns `present` where it was not deleted
 * @throws AppError `vault-certificate-missing` where there is none, deleted or not; `vault-…`
 */
export async function recoverVaultCertificate(
  access: VaultAccess,
  name: string,
  signal: AbortSignal,
): Promise<'recovered' | 'present'> {
  const client = await clientOf(access)
  const { vaultUrl } = access
  return attempt(access, name, signal, async () => {
    if ((await deletedOf(client, name, signal)) === undefined) {
      if (await isThere(client, name, signal)) return 'present'
      throw nothingToRecover(vaultUrl, name)
    }
    const poller = await client.beginRecoverDeletedCertificate(name, {
      abortSignal: signal,
      intervalInMs: POLL_MS,
    })
    await poller.pollUntilDone({ abortSignal: signal })
    return 'recovered'
  })
}

async function clientOf({ vaultUrl, credential, options }: VaultAccess): Promise<CertificateClient> {
  const { CertificateClient } = await import('@azure/keyvault-certificates')
  return new CertificateClient(vaultUrl, credential, options)
}

async function attempt<T>(
  { vaultUrl }: VaultAccess,
  name: string,
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw toVaultError(error, { vaultUrl, name, signal })
  }
}

/** The deleted certificate of that name, if there is one. */
async function deletedOf(
  client: CertificateClient,
  name: string,
  signal: AbortSignal,
): Promise<DeletedCertificate | undefined> {
  try {
    return await client.getDeletedCertificate(name, { abortSignal: signal })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function isThere(client: CertificateClient, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.getCertificate(name, { abortSignal: signal })
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

const isMissing = (error: unknown) =>
  error instanceof Error && 'statusCode' in error && error.statusCode === 404

async function remove(
  client: CertificateClient,
  name: string,
  signal: AbortSignal,
): Promise<DeletedCertificate> {
  const poller = await client.beginDeleteCertificate(name, { abortSignal: signal, intervalInMs: POLL_MS })
  return poller.pollUntilDone({ abortSignal: signal })
}

function deletedAlready(
  vaultUrl: string,
  name: string,
  { scheduledPurgeDate }: DeletedCertificate,
): AppError {
  const address = `${vaultUrl}/certificates/${name}`
  return new AppError(
    'vault-name-deleted',
    `"${name}" in ${vaultUrl} is deleted already, and recoverable until ${dayOf(scheduledPurgeDate)}`,
    {
      hint: `bring it back: todo-cli cert recover ${address}; or end it: todo-cli cert remove ${address} --purge`,
    },
  )
}

function nothingToRecover(vaultUrl: string, name: string): AppError {
  return new AppError(
    'vault-certificate-missing',
    `the vault ${vaultUrl} has no deleted certificate "${name}" to bring back`,
    { hint: `see which certificates there are: todo-cli cert list --vault ${vaultUrl}` },
  )
}

/** The vault has purge protection: nobody can end what is deleted, only time. */
function kept(vaultUrl: string, name: string): AppError {
  return new AppError('vault-refused', `the vault ${vaultUrl} has purge protection, so "${name}" stays`, {
    hint: `wait until its date, or bring it back: todo-cli cert recover ${vaultUrl}/certificates/${name}`,
  })
}

const dayOf = (date: Date | undefined) => date?.toISOString().slice(0, 10) ?? 'an unknown date'
