/** Has a vault make a certificate: asked for, waited for, and on Ctrl-C cancelled, so that nothing half-made stays unsaid. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CertificateClient } from '@azure/keyvault-certificates'
import { AppError } from '../../core/errors.ts'
import { readVaultCertificate, type VaultCertificate } from './certificates.ts'
import type { VaultAccess } from './client.ts'
import { toVaultError } from './errors.ts'

export interface VaultCertificateSpec {
  readonly name: string
  /** RFC 4514, for instance `CN=daemon`. */
  readonly subject: string
  readonly validityInMonths: number
  readonly keySize: number
  /** False: the private key can never leave the vault. */
  readonly exportable: boolean
}

/** Milliseconds between two looks at what is pending: soon at first, for the local tenant; the cloud takes some seconds. */
const FIRST_POLL_MS = 100
const POLL_MS = 1000

/** Milliseconds that are given to the cancellation: who pressed Ctrl-C wants to leave. */
const CANCEL_MS = 5000

/**
 * Needs `certificates/create` and `certificates/get`; to cancel, `certificates/update` too.
 *
 * @throws AppError `vault-…`; `interrupted`, saying what was left in the vault
 */
export async function createVaultCertificate(
  access: VaultAccess,
  spec: VaultCertificateSpec,
  signal: AbortSignal,
): Promise<VaultCertificate> {
  const { vaultUrl, credential, options } = access
  const { name } = spec
  const { CertificateClient } = await import('@azure/keyvault-certificates')
  const client = new CertificateClient(vaultUrl, credential, options)
  let poller: Awaited<ReturnType<CertificateClient['beginCreateCertificate']>> | undefined
  try {
    signal.throwIfAborted()
    // Not given the signal: what was asked for must be known to be there, or not to be.
    poller = await client.beginCreateCertificate(name, policyOf(spec), { intervalInMs: POLL_MS })
    for (let wait = FIRST_POLL_MS; !poller.isDone(); wait = Math.min(2 * wait, POLL_MS)) {
      await delay(wait, undefined, { signal })
      await poller.poll()
    }
  } catch (error) {
    if (!signal.aborted || poller === undefined) throw toVaultError(error, { vaultUrl, name, signal })
    const cancel = AbortSignal.timeout(CANCEL_MS)
    const done = await poller.cancelOperation({ abortSignal: cancel }).then(
      () => client.deleteCertificateOperation(name, { abortSignal: cancel }).then(always, always),
      () => false,
    )
    throw done ? cancelled(vaultUrl, name) : await left(access, name)
  }
  try {
    const operation = await client.getCertificateOperation(name, { abortSignal: signal })
    const status = operation.getOperationState().certificateOperation?.status
    if (status !== 'completed') throw notMade(vaultUrl, name, status)
    return await readVaultCertificate(access, { name }, signal)
  } catch (error) {
    throw signal.aborted ? await left(access, name) : toVaultError(error, { vaultUrl, name, signal })
  }
}

/**
 * What `cert create` makes of files, as a policy. The vault may only say that the end is near: a version that it made by
 * itself would be used from the next token on, and no app would know it.
 */
function policyOf({ subject, validityInMonths, keySize, exportable }: VaultCertificateSpec) {
  return {
    issuerName: 'Self',
    subject,
    validityInMonths,
    keyType: 'RSA' as const,
    keySize,
    exportable,
    reuseKey: false,
    contentType: 'application/x-pkcs12' as const,
    keyUsage: ['digitalSignature' as const],
    enhancedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    lifetimeActions: [{ action: 'EmailContacts' as const, lifetimePercentage: 80 }],
  }
}

const always = () => true

function cancelled(vaultUrl: string, name: string): AppError {
  return new AppError('interrupted', `interrupted: the creation of "${name}" in ${vaultUrl} was cancelled`, {
    hint: `see what is there: todo-cli cert list --key-vault-url ${vaultUrl}`,
  })
}

/** It could not be cancelled: it is made already, or nobody knows. */
async function left(access: VaultAccess, name: string): Promise<AppError> {
  const { vaultUrl } = access
  const address = `${vaultUrl}/certificates/${name}`
  const isMade = await readVaultCertificate(access, { name }, AbortSignal.timeout(CANCEL_MS)).then(
    always,
    () => false,
  )
  return new AppError(
    'interrupted',
    isMade
      ? `interrupted, too late to cancel: "${name}" is made, in ${vaultUrl}`
      : `interrupted: "${name}" may still be in the making in ${vaultUrl}`,
    { hint: `look: todo-cli cert show ${address}; remove it: todo-cli cert remove ${address}` },
  )
}

function notMade(vaultUrl: string, name: string, status: string | undefined): AppError {
  return new AppError(
    'vault-failed',
    `the vault ${vaultUrl} did not make "${name}": it is ${status ?? 'of unknown state'}`,
    {
      hint: `see why: az keyvault certificate pending show --name ${name} --vault-name VAULT; then try again`,
    },
  )
}
