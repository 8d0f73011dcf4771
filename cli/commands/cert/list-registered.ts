/** The certificates of the app's registration beside those of files and the vault, matched by thumbprint. */
import { EXPIRY_WARNING_DAYS } from '../../../core/certificate-details.ts'
import { AppError } from '../../../core/errors.ts'
import type { Context } from '../../context.ts'
import { createGraphClient } from '../../graph/client.ts'
import type { Column } from '../../io.ts'
import { type AppCredential, credentialsOf } from '../../registration/credentials.ts'

/** A certificate in a file or in the vault. Null: not told where the list is from; a vault's list does not say the subject. */
export interface PlacedCertificate {
  /** CERT as every command takes it: a path, or `vault:NAME`; `app:KEY_ID` for what only the app has. */
  readonly certificate: string
  readonly subject: string | null
  /** ISO 8601. */
  readonly notAfter: string | null
  readonly daysLeft: number | null
  /** Whether the private key is at the same place; a vault's may never leave it. */
  readonly hasPrivateKey: boolean
  /** SHA-1, upper-case hexadecimal. */
  readonly thumbprint: string | null
}

export interface ComparedCertificate extends PlacedCertificate {
  /** Null where the registration can not be read, or no app is configured. */
  readonly registered: boolean | null
  /** Where the same certificate is, too. */
  readonly alsoIn: readonly string[]
  /** What somebody should know about it; empty where all is well. */
  readonly remarks: readonly string[]
}

export const COMPARED_COLUMNS: readonly Column<ComparedCertificate>[] = [
  {
    heading: 'REGISTERED',
    cell: ({ registered }) => (registered === null ? '?' : registered ? 'yes' : 'no'),
  },
  { heading: 'REMARK', cell: ({ remarks }) => remarks.join('; '), cut: 'wrap' },
]

/** Adds what only the app has, as `app:KEY_ID`, and tells of each whether it is registered. */
export async function compareWithRegistration(
  context: Context,
  placed: readonly PlacedCertificate[],
): Promise<ComparedCertificate[]> {
  const registered = await registeredCertificates(context)
  const all = [
    ...placed,
    ...(registered ?? [])
      .filter(
        ({ thumbprint }) => thumbprint === null || !placed.some((each) => each.thumbprint === thumbprint),
      )
      .map(ofRegistration),
  ]
  return all.map((row) => {
    const known = row.thumbprint !== null
    const isRegistered = registered?.some(({ thumbprint }) => known && thumbprint === row.thumbprint)
    const alsoIn = all.filter((each) => known && each !== row && each.thumbprint === row.thumbprint)
    const compared = {
      ...row,
      registered: isRegistered ?? null,
      alsoIn: alsoIn.map(({ certificate }) => certificate),
    }
    return { ...compared, remarks: remarksOn(compared) }
  })
}

const PREFIX = 'app:'

const ofRegistration = (credential: AppCredential): PlacedCertificate => ({
  certificate: `${PREFIX}${credential.keyId}`,
  subject: credential.displayName || null,
  notAfter: credential.endDateTime,
  daysLeft: credential.daysLeft,
  hasPrivateKey: false,
  thumbprint: credential.thumbprint,
})

function remarksOn({
  certificate,
  registered,
  daysLeft,
  hasPrivateKey,
}: Omit<ComparedCertificate, 'remarks'>): string[] {
  const isOver = daysLeft !== null && daysLeft < 0
  return [
    isOver ? 'expired' : endsSoon(daysLeft) ? 'ends soon' : undefined,
    certificate.startsWith(PREFIX) ? 'registered, and its key is not here' : undefined,
    registered === false && hasPrivateKey ? 'not registered with this app' : undefined,
  ].filter((remark) => remark !== undefined)
}

/** True also for what has ended. */
export const endsSoon = (daysLeft: number | null): boolean =>
  daysLeft !== null && daysLeft < EXPIRY_WARNING_DAYS

/** Undefined where no app is configured, or it can not be read: the rest of the list is worth having. */
async function registeredCertificates(context: Context): Promise<AppCredential[] | undefined> {
  const clientId = (await context.settings()).get('clientId')
  if (clientId === undefined) return undefined
  try {
    const app = await (await createGraphClient(context)).applicationByAppId(clientId)
    return credentialsOf(app).filter(({ kind }) => kind === 'certificate')
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'interrupted') throw error
    context.out.warn(`the registration can not be read: ${error.message}`)
    return undefined
  }
}
