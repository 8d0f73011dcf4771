/** Has a vault make a certificate: asked for, waited for, and on Ctrl-C cancelled, so that nothing half-made stays unsaid. */
import { setTimeout as delay } from 'node:timers/promises'
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { CertificateClient } from '@azure/keyvault-certificates'
import { AppError, systemCode } from '../../core/errors.ts'
import { readVaultCertificate, type VaultCertificate } from './certificates.ts'
import type { VaultAccess } from './client.ts'
import { toVaultError } from './errors.ts'
import { NOT_SENT } from './http-client.ts'
import { policySubject } from './subject.ts'

export interface VaultCertificateSpec {
  readonly name: string
  /** RFC 4514, for instance `CN=daemon,O=Contoso\, Ltd`. */
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
 * @throws AppError `setting-invalid` for a subject that is none; `vault-…`; `interrupted`, saying what was left in the vault
 */
export async function createVaultCertificate(
  access: VaultAccess,
  spec: VaultCertificateSpec,
  signal: AbortSignal,
): Promise<VaultCertificate> {
  const { vaultUrl, credential, options } = access
  const { name } = spec
  const policy = policyOf(spec)
  const { CertificateClient } = await import('@azure/keyvault-certificates')
  const { httpClient, wasAsked } = watching(options.httpClient)
  const client = new CertificateClient(vaultUrl, credential, { ...options, httpClient })
  let status: string | undefined
  try {
    signal.throwIfAborted()
    // Not given the signal: what was asked for must be known to be there, or not to be.
    const poller = await client.beginCreateCertificate(name, policy, { intervalInMs: POLL_MS })
    for (let wait = FIRST_POLL_MS; !poller.isDone(); wait = Math.min(2 * wait, POLL_MS)) {
      await delay(wait, undefined, { signal })
      await poller.poll()
    }
    status = (await stateOf(client, name, signal)).status
    if (status === 'completed') return await readVaultCertificate(access, { name }, signal)
  } catch (error) {
    const translated = toVaultError(error, { vaultUrl, name, signal })
    if (!wasAsked()) throw translated
    throw signal.aborted ? await interrupted(client, vaultUrl, name) : unsure(translated, vaultUrl, name)
  }
  throw notMade(vaultUrl, name, status)
}

/** Sees whether the vault was asked for the certificate: from then on one may be there, whatever goes wrong. */
function watching(inner: HttpClient): { httpClient: HttpClient; wasAsked: () => boolean } {
  let asked = false
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const isCreation = request.method === 'POST' && /\/create\?/.test(request.url)
      // Without a token it only asks for the challenge.
      if (!isCreation || !request.headers.has('authorization')) return inner.sendRequest(request)
      try {
        const response = await inner.sendRequest(request)
        asked = response.status < 400
        return response
      } catch (error) {
        // An answer that was lost may have been a yes.
        asked = !NOT_SENT.includes(systemCode(error) ?? '')
        throw error
      }
    },
  }
  return { httpClient, wasAsked: () => asked }
}

/** What the vault says of what it was asked for: `inProgress`, `completed`, `cancelled` or `failed`. */
async function stateOf(client: CertificateClient, name: string, abortSignal: AbortSignal) {
  const poller = await client.getCertificateOperation(name, { abortSignal })
  return { poller, status: poller.getOperationState().certificateOperation?.status }
}

/**
 * What `cert create` makes of files, as a policy. The vault may only say that the end is near: a version that it made by
 * itself would be used from the next token on, and no app would know it.
 */
function policyOf({ subject, validityInMonths, keySize, exportable }: VaultCertificateSpec) {
  return {
    issuerName: 'Self',
    subject: policySubject(subject),
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

/** Takes back what was asked for, and says what is in the vault now: nothing half-made stays unsaid. */
async function interrupted(client: CertificateClient, vaultUrl: string, name: string): Promise<AppError> {
  const abortSignal = AbortSignal.timeout(CANCEL_MS)
  const look = () => stateOf(client, name, abortSignal).catch(() => undefined)
  const state = await look()
  const isPending = state?.status === 'inProgress'
  if (isPending && (await succeeds(state.poller.cancelOperation({ abortSignal })))) {
    await succeeds(client.deleteCertificateOperation(name, { abortSignal }))
    return new AppError(
      'interrupted',
      `interrupted: the creation of "${name}" in ${vaultUrl} was cancelled`,
      { hint: `see what is there: todo-cli cert list --vault ${vaultUrl}` },
    )
  }
  const address = `${vaultUrl}/certificates/${name}`
  // It may have been made while the cancellation was on its way.
  const { status } = (isPending ? await look() : state) ?? {}
  return new AppError(
    'interrupted',
    status === 'completed'
      ? `interrupted, too late to cancel: "${name}" is made, in ${vaultUrl}`
      : `interrupted: "${name}" may still be in the making in ${vaultUrl}`,
    {
      hint: `see it: todo-cli cert show ${address}; take it away, with all its versions: todo-cli cert remove ${address}`,
    },
  )
}

const succeeds = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    () => false,
  )

/** The vault was asked, and then it could not be seen what came of it. */
function unsure(error: AppError, vaultUrl: string, name: string): AppError {
  const { code, message, hint, serviceCode } = error
  const details = [
    `"${name}" was asked for, and may be there by now: todo-cli cert show ${vaultUrl}/certificates/${name}`,
  ]
  return new AppError(code, message, { hint, details, serviceCode, cause: error })
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
