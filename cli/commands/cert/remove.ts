import { extname } from 'node:path'
import { loadPublicCertificate } from '../../../core/certificate.ts'
import { AppError } from '../../../core/errors.ts'
import { removeFile } from '../../../core/private-file.ts'
import { parseCertificateArgument } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import { type GivenPassphrase, givenPassphrase } from '../../passphrase.ts'
import { readCertificateFile } from '../../read-certificate-file.ts'
import { removeInVault } from './vault-remove.ts'

/** What `cert create` writes beside each other. */
const ENDINGS = ['.pem', '.crt', '.pfx']

/** `todo-cli cert remove CERT [--yes]`: a file, and the files beside it that hold the same certificate; or a vault's. */
export const remove: Action = async (context, [argument = ''], flags) => {
  const where = parseCertificateArgument(argument)
  if (where.kind === 'vault') return removeInVault(context, where, flags)
  if (where.kind !== 'file' || flags.purge === true) {
    throw new AppError(
      'usage',
      flags.purge ? '--purge is for certificates in a vault' : 'standard input can not be removed',
      { hint: 'todo-cli cert remove --help' },
    )
  }
  const passphrase = await givenPassphrase(context, flags)
  const fingerprint = await fingerprintOf(where.path, passphrase)
  const { same, locked } = await filesBeside(where.path, fingerprint, passphrase)
  const paths = [where.path, ...same]
  const { io, out } = context
  await confirm(io, out, `remove ${paths.join(', ')}?`, flags.yes === true)
  for (const path of paths) {
    await removeFile(path)
    out.note(`removed: ${path}`)
  }
  for (const path of locked) out.note(`left, as nothing here opens it: ${path}`)
  if (out.json) out.value({ removed: paths })
  out.note('it may still be registered: todo-cli app credential list')
  return undefined
}

/** Undefined for a file that is locked: it may be removed, but what is in it is not known. */
async function fingerprintOf(path: string, passphrase: GivenPassphrase): Promise<string | undefined> {
  try {
    const leaf = await loadPublicCertificate(await readCertificateFile(path), { origin: path, ...passphrase })
    return leaf.fingerprint256
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('certificate-passphrase-')) return undefined
    throw error
  }
}

/** The other files of the same name: those that hold the same certificate, and those that nothing here opens. */
async function filesBeside(path: string, fingerprint: string | undefined, passphrase: GivenPassphrase) {
  const stem = path.slice(0, path.length - extname(path).length)
  const others = ENDINGS.map((ending) => stem + ending).filter((other) => other !== path)
  const [same, locked]: [string[], string[]] = [[], []]
  for (const other of others) {
    const found = await fingerprintOf(other, passphrase).catch(() => 'no certificate')
    if (found === undefined) locked.push(other)
    else if (found === fingerprint) same.push(other)
  }
  return { same, locked }
}
