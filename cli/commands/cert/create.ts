import { join } from 'node:path'
import { certificateDetails } from '../../../core/certificate-details.ts'
import { certificateOutput } from '../../../core/certificate-output.ts'
import { AppError } from '../../../core/errors.ts'
import { ensureKeyDir } from '../../../core/private-file.ts'
import { KEY_SIZES, type KeySize } from '../../../core/self-signed.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import { newPassphrase } from '../../passphrase.ts'
import { webAddress } from '../../settings.ts'
import { shellWord } from '../../shell-word.ts'
import { certificateName } from '../../vault/names.ts'
import { createInVault } from './vault-create.ts'
import { whole } from './whole-number.ts'
import { writeSet } from './write-set.ts'

/** What `cert create` was asked for, checked. */
interface CreateOptions {
  readonly name: string
  readonly subject: string
  readonly days: number
  readonly keySize: KeySize
  readonly out: string
  readonly force: boolean
  readonly vault: string | undefined
  readonly exportable: boolean
  readonly pfx: boolean
}

/** Days from which Entra's usual policies, and good sense, object. */
const LONG = 730

/** Flags that say how files are written. */
const FILE_FLAGS = [
  ['pfx', '--pfx'],
  ['passphraseFile', '--passphrase-file'],
  ['passphraseEnv', '--passphrase-env'],
  ['out', '--out'],
  ['force', '--force'],
] as const

/** `todo-cli cert create [NAME]` */
export const create: Action = async (context, [name], flags) => {
  const options = parse(name, flags)
  if (options.days > LONG) {
    context.out.warn(`${options.days} days is more than the usual 24 months; a tenant's policy may refuse it`)
  }
  return options.vault === undefined
    ? inFiles(context, options, await newPassphrase(context, flags))
    : createInVault(context, options, options.vault)
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
  if (flags.out === '') {
    throw new AppError('usage', '--out is empty', { hint: 'name a folder, for instance --out certs' })
  }
  if (vault !== undefined) {
    const flag = FILE_FLAGS.find(([name]) => flags[name] !== undefined && flags[name] !== false)?.[1]
    if (flag !== undefined) {
      throw new AppError('usage', `${flag} is for files; the vault keeps the key`, {
        hint: 'todo-cli cert create --help',
      })
    }
  }
  return {
    name: vault === undefined ? name : certificateName(name, `"${name}"`),
    subject: typeof flags.subject === 'string' ? flags.subject : `CN=${name}`,
    days: whole(flags.days, '--days', 365, 1, 3650),
    keySize: keySizeOf(flags.keySize),
    out: typeof flags.out === 'string' ? flags.out : 'certs',
    force: flags.force === true,
    vault,
    exportable: flags.exportable === true,
    pfx: flags.pfx === true,
  }
}

async function inFiles(
  context: Context,
  options: CreateOptions,
  passphrase: string | undefined,
): Promise<undefined> {
  const { out } = context
  const { name, days, keySize, force } = options
  const [{ createSelfSigned }, { parseDistinguishedName }] = await Promise.all([
    import('../../../core/self-signed.ts'),
    import('../../../core/distinguished-name.ts'),
  ])
  const names = parseDistinguishedName(options.subject)
  const made = await out.during(`making a key of ${keySize} bits …`, () =>
    createSelfSigned({ subject: names, days, keySize }),
  )
  const { certificate, key } = made
  const path = (ending: string) => join(options.out, `${name}.${ending}`)
  const [pem, crt, pfx] = [path('pem'), path('crt'), options.pfx ? path('pfx') : undefined]
  const files = await Promise.all(
    [pem, crt, ...(pfx ? [pfx] : [])].map((each) =>
      certificateOutput({ path: each, chain: [certificate], key, passphrase }),
    ),
  )
  await ensureKeyDir(options.out)
  await writeSet(context, files, force)
  const { validToDate, raw } = certificate
  const { subject } = certificateDetails(certificate)
  const thumbprints = thumbprintsOf(raw)
  const encrypted = passphrase !== undefined
  out.fields(
    [
      ['certificate and key', `${pem} (private, 0600${encrypted ? ', encrypted' : ''})`],
      ['public part', `${crt} (to upload)`],
      ...(pfx
        ? [['PFX', `${pfx} (private, 0600, ${encrypted ? 'encrypted' : 'no passphrase'})`] as const]
        : []),
      ['subject', subject],
      ['valid until', validToDate],
      ['SHA-1', thumbprints.sha1],
      ['SHA-256', thumbprints.sha256],
    ],
    {
      certificateFile: pem,
      publicFile: crt,
      ...(pfx ? { pfxFile: pfx } : {}),
      encrypted,
      subject,
      notAfter: validToDate.toISOString(),
      thumbprints,
    },
  )
  out.note(`next: todo-cli app credential add ${shellWord(crt)}`)
  return undefined
}

function keySizeOf(value: unknown = '2048'): KeySize {
  const size = KEY_SIZES.find((each) => String(each) === value)
  if (size !== undefined) return size
  throw new AppError('usage', `--key-size is not one of ${KEY_SIZES.join(', ')}`, {
    hint: 'for instance --key-size 3072',
  })
}
