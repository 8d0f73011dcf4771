/** CERT on a command line: a file, `vault:NAME[/VERSION]`, a certificate's vault URL, or the one that the profile names. */
import type { X509Certificate } from 'node:crypto'
import { loadPublicCertificate } from '../core/certificate.ts'
import { AppError } from '../core/errors.ts'
import type { Context } from './context.ts'
import { readCertificateFile } from './files.ts'
import { certificateName } from './vault/certificates.ts'

/** Where a certificate is. */
export type CertificateArgument =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'vault'; readonly vaultUrl?: string; readonly name: string; readonly version?: string }

/** @throws AppError `setting-invalid`, `insecure-url` */
export function parseCertificateArgument(text: string): CertificateArgument {
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
  return { kind: 'file', path: text }
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

export interface PublicCertificate {
  readonly leaf: X509Certificate
  /** A path or a vault URL, for messages. */
  readonly origin: string
}

/** Reads the public part of the certificate that CERT names; left out, of the one that the profile names. */
export async function openPublicCertificate(
  context: Context,
  argument: string | undefined,
): Promise<PublicCertificate> {
  const where = parseCertificateArgument(argument ?? (await configured(context)))
  if (where.kind === 'file') {
    const origin = where.path
    return { leaf: await loadPublicCertificate(await readCertificateFile(origin), { origin }), origin }
  }
  const [{ openVault }, { readVaultCertificate }] = await Promise.all([
    import('./vault/open.ts'),
    import('./vault/certificates.ts'),
  ])
  const access = await openVault(context, where.vaultUrl)
  const { leaf, id } = await readVaultCertificate(access, where, context.io.signal)
  return { leaf, origin: id }
}

/** The certificate of the settings: in the vault with `--auth keyvault`, else the file. */
async function configured({ settings }: Context): Promise<string> {
  const { disk } = await import('./auth/sources/disk.ts')
  const { keyvault } = await import('./auth/sources/keyvault.ts')
  const values = await settings([...disk.settings, ...keyvault.settings])
  if (values.get('auth') === 'keyvault') return `vault:${values.need('certificateName')}`
  return values.need('certificateFile')
}
