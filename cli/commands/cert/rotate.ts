import { X509Certificate } from 'node:crypto'
import { AppError } from '../../../core/errors.ts'
import { isDue, parseRenewalRule, type RenewalRule } from '../../../core/renewal.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { clientIdOf } from '../../auth/tokens.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import { exclusively } from '../../registration/lock.ts'
import { type Journal, journalsIn } from '../../rotation/journal.ts'
import type { Place } from '../../rotation/place.ts'
import { finish, rotate as run } from '../../rotation/rotate.ts'
import { waitOf } from '../app/options.ts'
import { openPlace, rotationDeps } from './rotate-deps.ts'

/** What `cert rotate` was asked for, checked. */
interface RotateOptions {
  readonly overlapMs: number
  /** Undefined: rotate whether due or not. */
  readonly ifNeeded: RenewalRule | undefined
  readonly finish: boolean
  readonly dryRun: boolean
  readonly waitMs: number
}

/** What a run did, for `--json`. */
interface Outcome {
  readonly did: 'rotated' | 'finished' | 'nothing'
  readonly certificate: string
  readonly thumbprint: string
  readonly notAfter: string
  /** When the old certificate may be removed. */
  readonly removeAfter?: string | undefined
}

/** `todo-cli cert rotate [CERT]`: silent where `--if-needed` finds nothing due. */
export const rotate: Action = async (context, [argument], flags) => {
  const options = parse(flags)
  const clientId = clientIdOf(await context.settings())
  const { home, out } = context
  if (options.dryRun) return dryRun(context, await openPlace(context, argument, flags), clientId, options)
  const outcome = await exclusively(home.journals, async () => {
    const place = await openPlace(context, argument, flags)
    return apply(context, place, clientId, options, flags)
  })
  if (out.json) out.value(outcome)
  return undefined
}

function parse(flags: Flags): RotateOptions {
  const overlap = ruleOf(flags.overlap ?? '7d', '--overlap')
  if (overlap.kind !== 'before-end') throw notATime('--overlap')
  return {
    overlapMs: overlap.milliseconds,
    ifNeeded: flags.ifNeeded === undefined ? undefined : ruleOf(flags.ifNeeded, '--if-needed'),
    finish: flags.finish === true,
    dryRun: flags.dryRun === true,
    waitMs: waitOf(flags),
  }
}

async function apply(
  context: Context,
  place: Place,
  clientId: string,
  options: RotateOptions,
  flags: Flags,
): Promise<Outcome> {
  const { out, home } = context
  const journals = journalsIn(home.journals)
  const journal = await journals.read(clientId)
  if (journal !== undefined) assertSamePlace(journal, place)
  const deps = await rotationDeps(context, { place, clientId, journals, flags, ...options })
  if (journal?.step === 'switched') {
    if (!options.finish && !isOver(journal)) {
      if (options.ifNeeded !== undefined) return outcome('nothing', place, journal)
      throw pending(journal)
    }
    await finish(deps, journal)
    out.note(`finished: the certificate before ${place.certificate} is removed from the app`)
    return outcome('finished', place, journal)
  }
  if (journal === undefined && options.finish) {
    out.note('there is no rotation to finish')
    return outcome('nothing', place)
  }
  if (
    journal === undefined &&
    options.ifNeeded !== undefined &&
    !isDue(datesOf(await place.current()), options.ifNeeded)
  ) {
    return outcome('nothing', place)
  }
  const switched = await run(deps, journal).catch(async (error: unknown) => {
    const left = await journals.read(clientId).catch(() => undefined)
    throw left === undefined ? error : goesOn(error)
  })
  if (options.overlapMs === 0 || options.finish) await finish(deps, switched)
  else
    out.note(
      `the old one works until ${switched.removeAfter}; a later run removes it, or: todo-cli cert rotate --finish`,
    )
  return outcome('rotated', place, switched)
}

async function outcome(did: Outcome['did'], place: Place, journal?: Journal): Promise<Outcome> {
  const leaf = await place.current()
  return {
    did,
    certificate: place.certificate,
    thumbprint: thumbprintsOf(leaf.raw).sha1,
    notAfter: leaf.validToDate.toISOString(),
    ...(did === 'finished' ? {} : { removeAfter: journal?.removeAfter }),
  }
}

async function dryRun(
  { out, home }: Context,
  place: Place,
  clientId: string,
  { ifNeeded, finish: finishing, overlapMs }: RotateOptions,
): Promise<undefined> {
  const journal = await journalsIn(home.journals).read(clientId)
  const current = await place.current()
  const due = ifNeeded === undefined || isDue(datesOf(current), ifNeeded)
  const end = [`remove the old certificate from the app ${clientId}`, place.words.retire]
  const steps =
    journal?.step === 'switched'
      ? finishing || isOver(journal)
        ? end
        : []
      : journal === undefined && (!due || finishing)
        ? []
        : [
            place.words.make,
            `register it beside the present one with the app ${clientId}`,
            'get a token with it, and call the API once',
            place.words.change,
            ...end.map((step) => `after ${overlapMs / 86_400_000} days: ${step}`),
          ]
  out.list(
    steps.map((step) => ({ step })),
    [{ heading: 'WOULD', cell: ({ step }) => step, cut: 'wrap' }],
    'nothing to do',
  )
  return undefined
}

const datesOf = ({ validFromDate, validToDate }: X509Certificate) => ({
  notBefore: validFromDate,
  notAfter: validToDate,
})

const isOver = ({ removeAfter }: Journal) => !(Date.parse(removeAfter ?? '') > Date.now())

function assertSamePlace(journal: Journal, { certificate }: Place): void {
  if (journal.certificate === certificate) return
  throw new AppError('rotation-pending', `a rotation of ${journal.certificate} is not finished`, {
    hint: `finish that one first: todo-cli cert rotate ${journal.certificate} --finish`,
  })
}

/** A run that stopped halfway: without a word, one would look for what it has broken, or begin by hand. */
function goesOn(error: unknown): unknown {
  if (!(error instanceof AppError)) return error
  const { code, message, hint, cause, serviceCode, details } = error
  const later = 'what works now goes on working, and the next run of cert rotate goes on from here'
  return new AppError(code, message, {
    hint: hint === undefined ? later : `${hint}; ${later}`,
    cause,
    serviceCode,
    details,
  })
}

function pending({ removeAfter, old }: Journal): AppError {
  const thumbprint = thumbprintsOf(new X509Certificate(old).raw).sha1
  return new AppError(
    'rotation-pending',
    `the last rotation is in its overlap: ${thumbprint} works until ${removeAfter}`,
    {
      hint: 'end the overlap now: todo-cli cert rotate --finish',
    },
  )
}

function ruleOf(value: unknown, flag: string): RenewalRule {
  const rule = typeof value === 'string' ? parseRenewalRule(value) : undefined
  if (rule !== undefined) return rule
  throw notATime(flag)
}

function notATime(flag: string): AppError {
  return new AppError('usage', `${flag} is not a time such as 30d`, {
    hint: `write ${flag} 30d or ${flag} 720h`,
  })
}
