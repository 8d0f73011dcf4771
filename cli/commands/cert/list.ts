import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { loadCertificate, loadPublicCertificate } from '../../../core/certificate.ts'
import { certificateDetails, daysLeft } from '../../../core/certificate-details.ts'
import { AppError, systemCode } from '../../../core/errors.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import { CERTIFICATE_ENDINGS } from '../../files.ts'
import type { Column } from '../../io.ts'
import { configuredPassphrase, type GivenPassphrase } from '../../passphrase.ts'
import { PASSPHRASE_SETTINGS } from '../../passphrase-settings.ts'
import { readCertificateFile } from '../../read-certificate-file.ts'
import { webAddress } from '../../settings.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import type { PlacedCertificate } from './list-registered.ts'

type Row = PlacedCertificate

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'CERTIFICATE', cell: ({ certificate }) => certificate, cut: 'never' },
  { heading: 'SUBJECT', cell: ({ subject }) => subject ?? '', cut: 'whole' },
  {
    heading: 'UNTIL',
    cell: ({ notAfter }) => notAfter?.slice(0, 10) ?? '',
    raw: ({ notAfter }) => notAfter ?? '',
  },
  { heading: 'DAYS LEFT', cell: ({ daysLeft }) => String(daysLeft ?? ''), cut: 'whole' },
  {
    heading: 'KEY',
    cell: ({ certificate, hasPrivateKey }) => placeOfKey(certificate, hasPrivateKey),
    cut: 'whole',
  },
  { heading: 'SHA-1', cell: ({ thumbprint }) => thumbprint ?? '', cut: 'first' },
]

/**
 * `todo-cli cert list [--folder certs] [--vault URL] [--all]`: what ends first comes first. With `--all` those of the
 * configured vault and of the registration too, and exit code 1 where a certificate has under 30 days left.
 */
export const list: Action = async (context, _args, flags) => {
  const all = flags.all === true
  const rows = [...(await inFolder(context, flags)), ...(await inVault(context, flags, all))]
  if (!all) {
    context.out.list(bySoonest(rows), COLUMNS, NONE)
    return undefined
  }
  const { compareWithRegistration, COMPARED_COLUMNS, endsSoon } = await import('./list-registered.ts')
  const compared = bySoonest(await compareWithRegistration(context, rows))
  context.out.list(compared, [...COLUMNS, ...COMPARED_COLUMNS], NONE)
  return compared.some(({ daysLeft }) => endsSoon(daysLeft)) ? 1 : undefined
}

const VAULT = 'vault:'

const placeOfKey = (certificate: string, hasPrivateKey: boolean) =>
  hasPrivateKey ? (certificate.startsWith(VAULT) ? 'vault' : 'yes') : 'no'

/** After every date: what has no end comes last. */
const LAST = '9'

const NONE = 'no certificates; to make one: todo-cli cert create NAME'

/** What ends first comes first, and what is the same certificate stands together; else by name. */
function bySoonest<T extends Row>(rows: readonly T[]): T[] {
  const byName = rows.toSorted((one, other) => compare(one.certificate, other.certificate))
  const firstOf = new Map(byName.toReversed().map(({ thumbprint, certificate }) => [thumbprint, certificate]))
  const group = (row: Row) => (row.thumbprint && firstOf.get(row.thumbprint)) ?? row.certificate
  return byName.toSorted(
    (one, other) =>
      compare(one.notAfter ?? LAST, other.notAfter ?? LAST) || compare(group(one), group(other)),
  )
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

async function inFolder(context: Context, { folder }: Flags): Promise<Row[]> {
  const path = typeof folder === 'string' ? folder : 'certs'
  const names = await namesIn(path, typeof folder === 'string')
  const passphrase = await configuredPassphrase(await context.settings(PASSPHRASE_SETTINGS))
  const rows: Row[] = []
  for (const name of names
    .filter((each) => CERTIFICATE_ENDINGS.includes(extname(each).toLowerCase()))
    .sort()) {
    const origin = join(path, name)
    try {
      rows.push(await rowOf(origin, passphrase))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      context.out.warn(error.message)
    }
  }
  return rows
}

async function namesIn(path: string, named: boolean): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    // A pipe of such a name would be waited for.
    return entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name)
  } catch (cause) {
    if (!named && systemCode(cause) === 'ENOENT') return []
    const why = systemCode(cause) === 'ENOENT' ? 'is not there' : 'can not be read'
    throw new AppError('file-unreadable', `the folder ${path} ${why}`, { hint: 'check the path', cause })
  }
}

async function rowOf(origin: string, passphrase: GivenPassphrase): Promise<Row> {
  const bytes = await readCertificateFile(origin)
  const leaf = await loadPublicCertificate(bytes, { origin, ...passphrase })
  const { subject, notAfter } = certificateDetails(leaf)
  return {
    certificate: origin,
    subject,
    notAfter: notAfter.toISOString(),
    daysLeft: daysLeft({ notAfter }),
    hasPrivateKey: await hasKey(bytes, origin, passphrase),
    thumbprint: thumbprintsOf(leaf.raw).sha1,
  }
}

/** An encrypted key is there too, whether or not its passphrase is known. */
async function hasKey(bytes: Buffer, origin: string, passphrase: GivenPassphrase): Promise<boolean> {
  try {
    await loadCertificate(bytes, { origin, ...passphrase })
    return true
  } catch (error) {
    return error instanceof AppError && error.code !== 'certificate-no-key'
  }
}

async function inVault(context: Context, flags: Flags, all: boolean): Promise<Row[]> {
  const named = typeof flags.vault === 'string' ? webAddress()(flags.vault, '--vault') : undefined
  const configured = (await context.settings(VAULT_SETTINGS)).get('keyVaultUrl')
  const asked = named !== undefined || flags.keyVaultUrl !== undefined || (all && configured !== undefined)
  if (!asked) return []
  const [{ openVault }, { listVaultCertificates }] = await Promise.all([
    import('../../vault/open.ts'),
    import('../../vault/list.ts'),
  ])
  const found = await listVaultCertificates(await openVault(context, named), context.io.signal)
  return found
    .filter(({ enabled }) => enabled)
    .map(({ name, notAfter, sha1 }) => ({
      certificate: `${VAULT}${name}`,
      subject: null,
      notAfter: notAfter?.toISOString() ?? null,
      daysLeft: notAfter ? daysLeft({ notAfter }) : null,
      hasPrivateKey: true,
      thumbprint: sha1 ?? null,
    }))
}
