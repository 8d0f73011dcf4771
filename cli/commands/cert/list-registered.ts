/** The certificates of the app's registration beside those of files and the vault, matched by thumbprint. */
import { EXPIRY_WARNING_DAYS } from '../../../core/certificate-checks.ts'
import { AppError } from '../../../core/errors.ts'
import type { Context } from '../../context.ts'
import { createGraphClient } from '../../graph/client.ts'
import type { Column } from '../../io.ts'
import { type AppCredential, credentialsOf } from '../../registration/credentials.ts'

/** A certificate in a file or in the vault. */
export interface PlacedCertificate {
  readonly certificate: string
  readonly subject: string | undefined
  readonly notAfter: string | undefined
  readonly daysLeft: number | undefined
  readonly privateKey: 'yes' | 'no' | 'vault'
  readonly thumbprint: string | undefined
}

export interface ComparedCertificate extends PlacedCertificate {
  /** Null where the registration can not be read, or no app is configured. */
  readonly registered: boolean | null
  /** Where the same certificate is, too. */
  readonly alsoIn: readonly string[]
  /** What somebody should know about it; empty where all is well. */
  readonly remark: string
}

export const COMPARED_COLUMNS: readonly Column<ComparedCertificate>[] = [
  {
    heading: 'REGISTERED',
    cell: ({ registered }) => (registered === null ? '?' : registered ? 'yes' : 'no'),
  },
  { heading: 'REMARK', cell: ({ remark }) => remark, cut: 'wrap' },
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
      .filter(({ thumbprint }) => !placed.some((each) => each.thumbprint === thumbprint))
      .map(ofRegistration),
  ]
  return all.map((row) => {
    const known = row.thumbprint !== undefined
    const isRegistered = registered?.some(({ thumbprint }) => known && thumbprint === row.thumbprint)
    const alsoIn = all.filter((each) => known && each !== row && each.thumbprint === row.thumbprint)
    const compared = {
      ...row,
      registered: isRegistered ?? null,
      alsoIn: alsoIn.map(({ certificate }) => certificate),
    }
    return { ...compared, remark: remarkOn(compared) }
  })
}

const PREFIX = 'app:'

const ofRegistration = (credential: AppCredential): PlacedCertificate => ({
  certificate: `${PREFIX}${credential.keyId}`,
  subject: credential.displayName,
  notAfter: credential.endDateTime,
  daysLeft: credential.daysLeft,
  privateKey: 'no',
  thumbprint: credential.thumbprint,
})

function remarkOn({
  certificate,
  registered,
  daysLeft = 0,
  privateKey,
}: Omit<ComparedCertificate, 'remark'>): string {
  const remarks = [
    daysLeft < 0 ? 'expired' : daysLeft < EXPIRY_WARNING_DAYS ? 'ends soon' : undefined,
    certificate.startsWith(PREFIX) ? 'registered, and its key is not here' : undefined,
    registered === false && privateKey !== 'no' ? 'not registered: nobody can use it' : undefined,
  ]
  return remarks.filter((remark) => remark !== undefined).join('; ')
}

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
