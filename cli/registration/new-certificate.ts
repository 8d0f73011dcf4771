/** The certificate with which a new daemon proves itself: the one that is named, or a new one in a file. */
import type { X509Certificate } from 'node:crypto'
import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { certificateOutput } from '../../core/certificate-output.ts'
import { createFiles, ensureKeyDir } from '../../core/private-file.ts'
import { openPublicCertificate, parseCertificateArgument } from '../certificate-argument.ts'
import type { Context } from '../context.ts'
import type { ProfileValues } from '../profiles.ts'
import { readyForUse } from '../ready-for-use.ts'
import { VAULT_SETTINGS } from '../vault/settings.ts'
import type { Reconciler } from './reconcile.ts'

export interface DaemonCertificate {
  readonly leaf: X509Certificate
  readonly profile: ProfileValues
}

const DAYS = 365

/**
 * Opens CERT, or makes it where it is a file that is not there.
 *
 * @returns undefined in a dry run where it would be made
 * @throws AppError `certificate-…`, `vault-…`
 */
export async function ensureDaemonCertificate(
  context: Context,
  reconciler: Reconciler,
  name: string,
  argument: string,
): Promise<DaemonCertificate | undefined> {
  const where = parseCertificateArgument(argument)
  if (where.kind === 'file' && !(await isThere(where.path))) {
    const made = await reconciler.make(name, `create the certificate ${where.path}`, () =>
      makeFile(where.path, name),
    )
    if (made === undefined) return undefined
  }
  if (where.kind === 'file') await ensurePublicPart(context, where.path)
  const { leaf, origin } = await openPublicCertificate(context, argument)
  readyForUse(context.out, leaf, origin)
  return { leaf, profile: await profileOf(context, argument) }
}

async function profileOf(context: Context, argument: string): Promise<ProfileValues> {
  const where = parseCertificateArgument(argument)
  if (where.kind !== 'vault') return { auth: 'cert', certificateFile: resolve(argument) }
  const settings = await context.settings(VAULT_SETTINGS)
  return {
    auth: 'keyvault',
    certificateName: where.name,
    keyVaultUrl: where.vaultUrl ?? settings.need('keyVaultUrl'),
    ...(where.version === undefined ? {} : { certificateVersion: where.version }),
  }
}

async function makeFile(path: string, name: string): Promise<true> {
  const { createSelfSigned } = await import('../../core/self-signed.ts')
  const { certificate, key } = await createSelfSigned({
    subject: [{ type: 'CN', value: name }],
    days: DAYS,
    keySize: 2048,
  })
  await ensureKeyDir(dirname(path))
  await createFiles([await certificateOutput({ path, chain: [certificate], key, passphrase: undefined })])
  return true
}

/** The `.crt` beside a `.pem` of this program's making, also where a run was stopped between the two. */
async function ensurePublicPart(context: Context, path: string): Promise<void> {
  const publicPath = path.replace(/\.pem$/, '.crt')
  if (publicPath === path || (await isThere(publicPath))) return
  const { leaf } = await openPublicCertificate(context, path)
  await createFiles([
    await certificateOutput({ path: publicPath, chain: [leaf], key: undefined, passphrase: undefined }),
  ])
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
