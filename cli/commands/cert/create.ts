import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { createFiles, ensureKeyDir } from '../../../core/private-file.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import { webAddress } from '../../settings.ts'
import { certificateName } from '../../vault/certificates.ts'

const KEY_SIZES = [2048, 3072, 4096] as const

/** What `cert create` was asked for, checked. */
interface CreateOptions {
  readonly name: string
  readonly subject: string
  readonly days: number
  readonly keySize: (typeof KEY_SIZES)[number]
  readonly out: string
  readonly force: boolean
  readonly vault: string | undefined
  readonly exportable: boolean
}

/** Days from which Entra's usual policies, and good sense, object. */
const LONG = 730

/** `todo-cli cert create [NAME]` */
export const create: Action = async (context, [name], flags) => {
  const options = parse(name, flags)
  if (options.days > LONG) {
    context.out.warn(`${options.days} days is more than the usual 24 months; a tenant's policy may refuse it`)
  }
  return options.vault === undefined ? inFiles(context, options) : inVault(context, options, options.vault)
}

function parse(name = 'daemon', flags: Flags): CreateOptions {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new AppError('usage', `"${name.slice(0, 100)}" can not be a certificate's file name`, {
      hint: 'use letters, digits, dots and dashes: todo-cli cert create daemon',
    })
  }
  const vault = typeof flags.vault === 'string' ? webAddress()(flags.vault, '--vault') : undefined
  if (vault === undefined && flags.exportable === true) {
    throw new AppError('usage', '--exportable goes with --vault; the key of a file is in the file', {
      hint: 'todo-cli cert create --help',
    })
  }
  return {
    name: vault === undefined ? name : certificateName(name, 'NAME'),
    subject: typeof flags.subject === 'string' ? flags.subject : `CN=${name}`,
    days: whole(flags.days, '--days', 365, 1, 3650),
    keySize: keySizeOf(flags.keySize),
    out: typeof flags.out === 'string' ? flags.out : 'certs',
    force: flags.force === true,
    vault,
    exportable: flags.exportable === true,
  }
}

async function inFiles({ out }: Context, options: CreateOptions): Promise<undefined> {
  const { name, days, keySize, force } = options
  const [{ createSelfSigned }, { parseDistinguishedName }] = await Promise.all([
    import('../../../core/self-signed.ts'),
    import('../../../core/distinguished-name.ts'),
  ])
  const made = await createSelfSigned({ subject: parseDistinguishedName(options.subject), days, keySize })
  const pem = join(options.out, `${name}.pem`)
  const crt = join(options.out, `${name}.crt`)
  await ensureKeyDir(options.out)
  await createFiles(
    [
      { path: pem, data: `${made.privateKeyPem}${made.certificatePem}` },
      { path: crt, data: made.certificatePem, mode: 0o644 },
    ],
    { force },
  )
  const { subject, validToDate, raw } = made.certificate
  const thumbprints = thumbprintsOf(raw)
  out.fields(
    [
      ['certificate and key', `${pem} (private, 0600)`],
      ['public part', `${crt} (to upload)`],
      ['subject', subject.replaceAll('\n', ', ')],
      ['valid until', validToDate.toISOString()],
      ['SHA-1', thumbprints.sha1],
      ['SHA-256', thumbprints.sha256],
    ],
    {
      certificateFile: pem,
      publicFile: crt,
      subject: options.subject,
      notAfter: validToDate.toISOString(),
      thumbprints,
    },
  )
  out.note(`next: todo-cli app credential add ${crt}`)
  return undefined
}

async function inVault(context: Context, options: CreateOptions, vaultUrl: string): Promise<undefined> {
  const { io, out } = context
  const [{ openVault }, { createVaultCertificate }] = await Promise.all([
    import('../../vault/open.ts'),
    import('../../vault/certificates.ts'),
  ])
  const access = await openVault(context, vaultUrl)
  const { name, subject, keySize, exportable } = options
  const validityInMonths = Math.max(1, Math.round(options.days / 30.4))
  const { leaf, id } = await createVaultCertificate(
    access,
    { name, subject, keySize, exportable, validityInMonths },
    io.signal,
  )
  const thumbprints = thumbprintsOf(leaf.raw)
  out.fields(
    [
      ['certificate', id],
      ['private key', exportable ? 'in the vault, exportable' : 'in the vault, and never leaves it'],
      ['subject', leaf.subject.replaceAll('\n', ', ')],
      ['valid until', leaf.validToDate.toISOString()],
      ['SHA-1', thumbprints.sha1],
      ['SHA-256', thumbprints.sha256],
    ],
    { certificate: id, exportable, subject, notAfter: leaf.validToDate.toISOString(), thumbprints },
  )
  out.note(`next: todo-cli app credential add vault:${name}`)
  return undefined
}

function whole(value: unknown, label: string, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback
  const number = Number(value)
  if (/^\d+$/.test(String(value)) && number >= least && number <= most) return number
  throw new AppError('usage', `${label} is not a whole number from ${least} to ${most}`, {
    hint: `for instance ${label} ${fallback}`,
  })
}

function keySizeOf(value: unknown = '2048'): CreateOptions['keySize'] {
  const size = KEY_SIZES.find((each) => String(each) === value)
  if (size !== undefined) return size
  throw new AppError('usage', `--key-size is not one of ${KEY_SIZES.join(', ')}`, {
    hint: 'for instance --key-size 3072',
  })
}
