/**
 * The tenant's policy for the credentials of apps: how long they may live. Off, as in a new tenant.
 *
 * https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy
 */
import { type Answer, json } from '../http/exchange.ts'
import { type GraphContext, type GraphDeps, isObject, type Json, readJson } from './context.ts'
import { badRequest, GraphError } from './errors.ts'

interface Restriction {
  readonly restrictionType: string
  /** ISO 8601: `P90D`. */
  readonly maxLifetime: string | null
}

interface AppPolicy {
  readonly id: string
  readonly isEnabled: boolean
  readonly applicationRestrictions: {
    readonly passwordCredentials: readonly Restriction[]
    readonly keyCredentials: readonly Restriction[]
  }
}

const DEFAULT: AppPolicy = {
  id: '00000000-0000-0000-0000-000000000000',
  isEnabled: false,
  applicationRestrictions: { passwordCredentials: [], keyCredentials: [] },
}

const policyIn = ({ store }: Pick<GraphDeps, 'store'>) => {
  const kept = store.collection<AppPolicy>('appManagementPolicy')
  return { get: () => kept.get(DEFAULT.id) ?? DEFAULT, put: kept.put }
}

export function getAppPolicy(context: GraphContext): Answer {
  context.allow('Policy.Read.All', 'Policy.ReadWrite.ApplicationConfiguration')
  return json(200, {
    '@odata.context': `${context.base}/$metadata#policies/defaultAppManagementPolicy/$entity`,
    displayName: 'Default app management tenant policy',
    ...policyIn(context.deps).get(),
  })
}

export async function updateAppPolicy(context: GraphContext): Promise<Answer> {
  context.allow('Policy.ReadWrite.ApplicationConfiguration')
  const body = await readJson(context.request)
  const policy = policyIn(context.deps)
  const present = policy.get()
  const { isEnabled = present.isEnabled, applicationRestrictions } = body
  if (typeof isEnabled !== 'boolean') throw badRequest("Invalid value specified for property 'isEnabled'.")
  policy.put({
    ...present,
    isEnabled,
    applicationRestrictions:
      applicationRestrictions === undefined
        ? present.applicationRestrictions
        : readRestrictions(applicationRestrictions),
  })
  return { status: 204 }
}

export interface Dated {
  readonly startDateTime: string
  readonly endDateTime: string
}

/** The wording is captured (microsoft-365-agents-toolkit#10998). @throws GraphError 400 for one that lives too long */
export function assertLifetime(
  deps: Pick<GraphDeps, 'store'>,
  kind: keyof AppPolicy['applicationRestrictions'],
  added: readonly Dated[],
): void {
  const { id, isEnabled, applicationRestrictions } = policyIn(deps).get()
  const limits = applicationRestrictions[kind]
    .filter(({ restrictionType }) => LIFETIMES.includes(restrictionType))
    .flatMap(({ maxLifetime }) => daysOf(maxLifetime) ?? [])
  const lives = ({ startDateTime, endDateTime }: Dated) =>
    (Date.parse(endDateTime) - Date.parse(startDateTime)) / DAY
  if (!isEnabled || !added.some((each) => limits.some((limit) => lives(each) > limit))) return
  const message = `Credential lifetime exceeds the max value allowed as per assigned policy '${id}'.`
  throw new GraphError(400, 'CredentialInvalidLifetimeAsPerAppPolicy', message, [
    {
      code: kind === 'keyCredentials' ? 'InvalidKeyEndDate' : 'InvalidPasswordEndDate',
      message,
      target: 'EndDate',
    },
  ])
}

const DAY = 24 * 60 * 60 * 1000
/** `P30D`, `P4DT12H30M5S`. Months and years have no length of their own. */
const DURATION = /^P(\d{1,5})D(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?$/
const LIFETIMES = ['asymmetricKeyLifetime', 'passwordLifetime']

function daysOf(lifetime: string | null): number | undefined {
  const [, days, hours = 0, minutes = 0, seconds = 0] = DURATION.exec(lifetime ?? '') ?? []
  if (days === undefined) return undefined
  return Number(days) + (Number(hours) + (Number(minutes) + Number(seconds) / 60) / 60) / 24
}

function readRestrictions(value: unknown): AppPolicy['applicationRestrictions'] {
  if (!isObject(value)) throw invalid()
  const { passwordCredentials = [], keyCredentials = [] } = value
  const read = (list: unknown): Restriction[] => {
    if (!Array.isArray(list)) throw invalid()
    return list.map(readRestriction)
  }
  return { passwordCredentials: read(passwordCredentials), keyCredentials: read(keyCredentials) }
}

function readRestriction(value: unknown): Restriction {
  const { restrictionType, maxLifetime = null }: Json = isObject(value) ? value : {}
  if (typeof restrictionType !== 'string') throw invalid()
  if (maxLifetime !== null && (typeof maxLifetime !== 'string' || daysOf(maxLifetime) === undefined))
    throw invalid()
  return { restrictionType, maxLifetime }
}

function invalid(): GraphError {
  return badRequest("Invalid value specified for property 'applicationRestrictions'.")
}
