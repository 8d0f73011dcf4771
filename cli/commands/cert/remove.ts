import { extname } from 'node:path'
import { loadPublicCertificate } from '../../../core/certificate.ts'
import { AppError } from '../../../core/errors.ts'
import { removeFile } from '../../../core/private-file.ts'
import { openPublicCertificate, parseCertificateArgument } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import { readCertificateFile } from '../../files.ts'
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
  const { leaf } = await openPublicCertificate(context, argument, flags)
  const paths = [where.path, ...(await sameBeside(where.path, leaf.fingerprint256))]
  const { io, out } = context
  await confirm(io, out, `remove ${paths.join(', ')}?`, flags.yes === true)
  for (const path of paths) {
    await removeFile(path)
    out.note(`removed: ${path}`)
  }
  if (out.json) out.value({ removed: paths })
  out.note('it may still be registered: todo-cli app credential list')
  return undefined
}

/** The other files of the same name that hold the same certificate; one that can not be read is left alone. */
async function sameBeside(path: string, fingerprint: string): Promise<string[]> {
  const stem = path.slice(0, path.length - extname(path).length)
  const others = ENDINGS.map((ending) => stem + ending).filter((other) => other !== path)
  const same = await Promise.all(
    others.map(async (other) => {
      try {
        const leaf = await loadPublicCertificate(await readCertificateFile(other), { origin: other })
        return leaf.fingerprint256 === fingerprint
      } catch {
        return false
      }
    }),
  )
  return others.filter((_, index) => same[index])
}
