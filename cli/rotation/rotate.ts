/**
 * A rotation, step by step: make, register beside the old one, prove, change over, and after the overlap remove the old one.
 * At every moment a registered certificate is where the CLI looks for it.
 */
import { randomUUID, X509Certificate } from 'node:crypto'
import { AppError, type ErrorCode } from '../../core/errors.ts'
import { isPolicyRefusal } from '../graph/app-policy.ts'
import type { ProfileValues } from '../profiles.ts'
import type { Journal, Journals } from './journal.ts'
import type { Made, Place } from './place.ts'

export interface RotationDeps {
  readonly clientId: string
  readonly place: Place
  readonly journals: Journals
  readonly overlapMs: number
  register(leaf: X509Certificate): Promise<void>
  unregister(leaf: X509Certificate): Promise<void>
  /** A real token with the new certificate, and one call of the API. */
  prove(settings: ProfileValues, options: { readonly once: boolean }): Promise<void>
  saveProfile(values: ProfileValues, next: X509Certificate): Promise<void>
  note(line: string): void
}

/** Failures of the proof that no waiting mends: the new certificate is taken back. */
const HOPELESS: readonly ErrorCode[] = [
  ...(['app-incomplete', 'issuer-refused', 'api-unauthorized', 'api-forbidden'] as const),
  ...(['certificate-signature-wrong', 'vault-refused'] as const),
]

/** From nothing, or from where an earlier run was stopped, to `switched`. Returns the journal as it is then. */
export async function rotate(deps: RotationDeps, started: Journal | undefined): Promise<Journal> {
  const { journals, place, clientId, note } = deps
  const resumed = started !== undefined
  let journal = started ?? (await begin(deps))
  const reach = async (changes: Partial<Journal>) => {
    journal = { ...journal, ...changes }
    await journals.write(journal)
  }
  if (journal.step === 'rolling-back') {
    await rollBack(deps, journal)
    throw failed(journal.clientId)
  }
  const old = new X509Certificate(journal.old)
  if (journal.step === 'making') {
    const { leaf, version } = await place.make(old, journal.id)
    await reach({
      step: 'made',
      next: leaf.toString(),
      ...(version === undefined ? {} : { nextVersion: version }),
    })
    note(place.words.made)
  }
  const next = madeOf(journal)
  if (journal.step === 'made') {
    // A run that was stopped here may have registered it already, and an app without rights can not look.
    if (!(resumed && (await isProved(deps, next)))) {
      try {
        await deps.register(next.leaf)
      } catch (error) {
        // Not in a week, either: another one has to be made.
        if (!isPolicyRefusal(error) || !(error instanceof AppError)) throw error
        await place.discard(next)
        await journals.remove(clientId)
        throw failed(clientId, error)
      }
    }
    await place.activate(next)
    await reach({ step: 'registered' })
    note(`registered beside the old one with ${clientId}`)
  }
  if (journal.step === 'registered') {
    try {
      await deps.prove(place.settingsOfNext(next), { once: false })
    } catch (error) {
      if (!(error instanceof AppError) || !HOPELESS.includes(error.code)) throw error
      await reach({ step: 'rolling-back' })
      await rollBack(deps, journal)
      throw failed(clientId, error)
    }
    await reach({ step: 'proved' })
    note('proved: a token was had with it, and the API answered')
  }
  if (journal.step === 'proved') {
    await deps.saveProfile(await place.change(old, next), next.leaf)
    const removeAfter = new Date(Date.now() + deps.overlapMs).toISOString()
    await reach({ step: 'switched', removeAfter })
  }
  return journal
}

/** After the overlap: the old certificate is removed from the app, then from where it was kept. */
export async function finish(deps: RotationDeps, journal: Journal): Promise<void> {
  const old = new X509Certificate(journal.old)
  await deps.unregister(old)
  await deps.place.retire(old)
  await deps.journals.remove(journal.clientId)
}

async function begin({ clientId, place, journals }: RotationDeps): Promise<Journal> {
  const old = (await place.current()).toString()
  const journal: Journal = { step: 'making', id: randomUUID(), clientId, certificate: place.certificate, old }
  await journals.write(journal)
  return journal
}

async function rollBack({ place, unregister, journals }: RotationDeps, journal: Journal): Promise<void> {
  const next = journal.next === undefined ? undefined : madeOf(journal)
  if (next !== undefined) await unregister(next.leaf)
  await place.discard(next)
  await journals.remove(journal.clientId)
}

function madeOf({ next, nextVersion }: Journal): Made {
  if (next === undefined) throw new TypeError('the journal has no new certificate')
  return { leaf: new X509Certificate(next), ...(nextVersion === undefined ? {} : { version: nextVersion }) }
}

async function isProved({ place, prove }: RotationDeps, next: Made): Promise<boolean> {
  return prove(place.settingsOfNext(next), { once: true }).then(
    () => true,
    () => false,
  )
}

function failed(clientId: string, cause?: AppError): AppError {
  const why = cause === undefined ? '' : `: ${cause.message}`
  return new AppError(
    'rotation-failed',
    `the new certificate of ${clientId} did not prove itself, and was taken back${why}`,
    {
      hint: cause?.hint ?? 'run it again: todo-cli cert rotate',
      serviceCode: cause?.serviceCode,
      cause,
    },
  )
}
