/** CERT on a command line: a file, `-` for standard input, `vault:NAME[/VERSION]`, a certificate's vault URL, or the one that the profile names. */
import type { KeyObject, X509Certificate } from 'node:crypto'
import {
  CERTIFICATE_FILE_MAX,
  type KeyedCertificate,
  loadCertificate,
  loadPublicChain,
} from '../core/certificate.ts'
import { AppError, type ErrorCode } from '../core/errors.ts'
import type { Context, Flags } from './context.ts'
import { withPassphrase, withPassphraseIfNeeded } from './passphrase.ts'
import { readCertificateFile } from './read-certificate-file.ts'
import { certificateName } from './vault/names.ts'

/** Where a certificate is. */
export type CertificateArgument =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'vault'; readonly vaultUrl?: string; readonly name: string; readonly version?: string }

/** @throws AppError `setting-invalid`, `insecure-url` */
export function parseCertificateArgument(text: string): CertificateArgument {
  if (text.trim() === '') {
    throw new AppError('setting-invalid', 'the name of the certificate is empty', {
      hint: 'name a file, vault:NAME, or leave it out for the one that the profile names',
    })
  }
  if (text.startsWith('vault:')) return inVault(text.slice('vault:'.length).split('/'), text)
  if (/^https?:\/\//i.test(text)) {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const [collection, ...rest] = url?.pathname.split('/').filter(Boolean) ?? []
    if (url?.protocol !== 'https:' || collection !== 'certificates') {
      throw new AppError('setting-invalid', `${text} is not the address of a certificate in a vault`, {
        hint: 'write it as https://NAME.vault.azure.net/certificates/NAME, or as vault:NAME',
      })
    }
    return { ...inVault(rest, text), vaultUrl: url.origin }
  }
  return text === '-' ? { kind: 'stdin' } : { kind: 'file', path: text }
}

function inVault(
  [name = '', version, ...more]: string[],
  text: string,
): CertificateArgument & { kind: 'vault' } {
  if (more.length > 0 || (version !== undefined && !/^[0-9a-f]{32}$/i.test(version))) {
    throw new AppError('setting-invalid', `${text} is not the name of a certificate in a vault`, {
      hint: 'write it as vault:NAME or vault:NAME/VERSION',
    })
  }
  return { kind: 'vault', name: certificateName(name, text), ...(version ? { version } : {}) }
}

/** A certificate, its issuers where known, and its private key where that is here. */
export interface OpenedCertificate {
  readonly chain: readonly [leaf: X509Certificate, ...issuers: X509Certificate[]]
  readonly leaf: X509Certificate
  readonly key: KeyObject | undefined
  /** A path or a vault URL, for messages. */
  readonly origin: string
  readonly where: CertificateArgument
  /** Why there is no key, where the file was expected to have one that can be used. */
  readonly refusal?: AppError
}

/** Refusals of the loader that leave the public part to look at. */
const PUBLIC_PART_IS_LEFT: readonly ErrorCode[] = [
  'certificate-no-key',
  'certificate-key-mismatch',
  'certificate-key-not-rsa',
  'certificate-key-too-small',
]

/** Why a private key was not opened for which no passphrase was given. */
export const KEY_IS_LOCKED: ErrorCode = 'certificate-passphrase-missing'

interface OpenCertificateOptions {
  /**
   * Leaves a private key locked for which no passphrase was given, and asks for none, where the certificate beside it can be
   * read all the same. A passphrase that was given still has to fit.
   */
  readonly leaveLocked?: boolean
}

/** Reads the public part of the certificate that CERT names; left out, of the one that the profile names. */
export async function openPublicCertificate(
  context: Context,
  argument: string | undefined,
  flags: Flags = {},
): Promise<Omit<OpenedCertificate, 'key' | 'refusal'>> {
  const where = await whereIs(context, argument)
  if (where.kind === 'vault') return openInVault(context, where)
  const { bytes, origin } = await bytesOf(context, where, flags)
  const chain = await withPassphraseIfNeeded(context, flags, (passphrase) =>
    loadPublicChain(bytes, { origin, ...passphrase }),
  )
  return { chain, leaf: chain[0], origin, where }
}

/** Like {@link openPublicCertificate}, with the private key where a file has it. A vault's key stays there. */
export async function openCertificate(
  context: Context,
  argument: string | undefined,
  flags: Flags = {},
  { leaveLocked = false }: OpenCertificateOptions = {},
): Promise<OpenedCertificate> {
  const where = await whereIs(context, argument)
  if (where.kind === 'vault') return { ...(await openInVault(context, where)), key: undefined }
  const { bytes, origin } = await bytesOf(context, where, flags)
  const left = leaveLocked ? [...PUBLIC_PART_IS_LEFT, KEY_IS_LOCKED] : PUBLIC_PART_IS_LEFT
  return withPassphrase(context, flags, async (passphrase) => {
    try {
      const { chain, key } = await loadCertificate(bytes, { origin, ...passphrase })
      return { chain, leaf: chain[0], key, origin, where }
    } catch (error) {
      if (!(error instanceof AppError) || !left.includes(error.code)) throw error
      const chain = await loadPublicChain(bytes, { origin, ...passphrase }).catch((second: unknown) => {
        // With the passphrase it may be clear which certificate is meant.
        throw error.code === KEY_IS_LOCKED ? error : second
      })
      return { chain, leaf: chain[0], key: undefined, origin, where, refusal: error }
    }
  })
}

/** With the private key, or not at all: out of a file, or out of a vault that lets it go (`secrets/get`). */
export async function openKeyedCertificate(
  context: Context,
  argument: string | undefined,
  flags: Flags = {},
): Promise<KeyedCertificate> {
  const where = await whereIs(context, argument)
  if (where.kind === 'vault') {
    const [{ openVault }, { readVaultSecret }] = await Promise.all([
      import('./vault/open.ts'),
      import('./vault/secret.ts'),
    ])
    return readVaultSecret(await openVault(context, where.vaultUrl), where, context.io.signal)
  }
  const { bytes, origin } = await bytesOf(context, where, flags)
  const second = typeof flags.key === 'string' ? flags.key : undefined
  const key = second === undefined ? undefined : { bytes: await readCertificateFile(second), origin: second }
  return withPassphrase(context, flags, (passphrase) =>
    loadCertificate(bytes, { origin, ...passphrase, key }),
  )
}

async function openInVault(
  context: Context,
  where: CertificateArgument & { readonly kind: 'vault' },
): Promise<Omit<OpenedCertificate, 'key' | 'refusal'>> {
  const [{ openVault }, { readVaultCertificate }] = await Promise.all([
    import('./vault/open.ts'),
    import('./vault/certificates.ts'),
  ])
  const access = await openVault(context, where.vaultUrl)
  const { leaf, id } = await context.out.during(`reading ${where.name} from ${access.vaultUrl} …`, () =>
    readVaultCertificate(access, where, context.io.signal),
  )
  return { chain: [leaf], leaf, origin: id, where }
}

async function bytesOf(
  { io }: Context,
  where: Exclude<CertificateArgument, { kind: 'vault' }>,
  { passphraseFile, newPassphraseFile }: Flags,
): Promise<{ bytes: Uint8Array; origin: string }> {
  if (where.kind === 'file') return { bytes: await readCertificateFile(where.path), origin: where.path }
  if (passphraseFile === '-' || newPassphraseFile === '-') {
    throw new AppError('usage', 'standard input can not be both the certificate and its passphrase', {
      hint: 'put the passphrase into a variable: --passphrase-env NAME',
    })
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of io.stdin) {
    chunks.push(Buffer.from(chunk))
    length += chunks.at(-1)?.length ?? 0
    if (length > CERTIFICATE_FILE_MAX) break // the loader refuses it for its size
  }
  return { bytes: Buffer.concat(chunks), origin: 'standard input' }
}

async function whereIs(context: Context, argument: string | undefined): Promise<CertificateArgument> {
  return parseCertificateArgument(argument ?? (await configured(context)))
}

/** The certificate of the settings: in the vault with `--auth keyvault`, else the file. */
async function configured({ settings }: Context): Promise<string> {
  const { CERTIFICATE_SETTINGS } = await import('./auth/sources/certificate-settings.ts')
  const values = await settings(CERTIFICATE_SETTINGS)
  if (values.get('auth') === 'keyvault') return `vault:${values.need('certificateName')}`
  return values.need('certificateFile')
}
