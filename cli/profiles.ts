/** The profile file: named sets of settings, none of them secret. 0600 and written atomically. */
import { dirname } from 'node:path'
import { AppError, systemCode } from '../core/errors.ts'
import { ensurePrivateDir, replaceFile } from '../core/private-file.ts'
import { didYouMean } from './did-you-mean.ts'
import { readSmallFile } from './files.ts'
import { printable } from './io.ts'

export type ProfileValues = Readonly<Record<string, string>>

export interface Profiles {
  /** The profile that is used where `--profile` names none. */
  readonly current?: string | undefined
  readonly profiles: Readonly<Record<string, ProfileValues>>
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Reads the profile file. A file that is not there is an empty one. @throws AppError `profile-invalid` */
export async function readProfiles(path: string): Promise<Profiles> {
  let text: string
  try {
    text = await readSmallFile(path)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return { profiles: {} }
    throw new AppError('profile-invalid', `can not read the profiles in ${path}`, {
      hint: 'check that it is a file of yours',
      cause,
    })
  }
  const profiles = parse(text)
  if (profiles === undefined) {
    throw new AppError('profile-invalid', `the profiles in ${path} are damaged`, {
      hint: `mend the JSON, or remove the file to begin anew: rm ${path}`,
    })
  }
  return profiles
}

export async function writeProfiles(path: string, profiles: Profiles): Promise<void> {
  await ensurePrivateDir(dirname(path))
  await replaceFile({ path, data: `${JSON.stringify(profiles, undefined, 2)}\n` })
}

/** Reads, changes and writes the file, one process at a time, so that no change undoes another's. */
export async function changeProfiles(path: string, change: (profiles: Profiles) => Profiles): Promise<void> {
  // What can not be read or changed is told before anything is made.
  change(await readProfiles(path))
  await ensurePrivateDir(dirname(path))
  const { waitForLock } = await import('./process-lock.ts')
  // A lock that can not be had is no reason not to work: whether the file can be written is told below.
  const lock = await waitForLock(`${path}.lock`).catch(() => undefined)
  try {
    await writeProfiles(path, change(await readProfiles(path)))
  } finally {
    lock?.release()
  }
}

/** @throws AppError `profile-invalid` for a name that could not be typed or would be ambiguous */
export function assertProfileName(name: string): void {
  if (NAME.test(name) && !['constructor', 'prototype'].includes(name)) return
  throw new AppError('profile-invalid', `"${printableName(name)}" can not be the name of a profile`, {
    hint: 'use letters, digits, dots, dashes and underscores',
  })
}

/** The profile that this run uses, if any. @throws AppError `profile-unknown` */
export function pickProfile({ current, profiles }: Profiles, named: string | undefined) {
  const name = named ?? current
  if (name === undefined) return undefined
  const values = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (values !== undefined) return { name, named: named !== undefined, values }
  const known = Object.keys(profiles)
  const near = didYouMean(name, known)
  throw new AppError('profile-unknown', `there is no profile "${printableName(name)}"${near}`, {
    hint:
      name === 'local'
        ? 'start the local tenant, which writes it: todo-cli local start'
        : known.length > 0
          ? `known profiles: ${known.join(', ')}`
          : `make it: todo-cli config set clientId ID --profile ${name}`,
  })
}

const printableName = (name: string) => printable(name.slice(0, 64))

function parse(text: string): Profiles | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value) || !isRecord(value.profiles)) return undefined
  if (value.current !== undefined && typeof value.current !== 'string') return undefined
  const sound = Object.values(value.profiles).every(
    (profile) => isRecord(profile) && Object.values(profile).every((each) => typeof each === 'string'),
  )
  return sound ? (value as unknown as Profiles) : undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
