/** What a rotation works with, out of the command's context: the place, the registrar, the proof, the profile. */
import type { X509Certificate } from 'node:crypto'
import { AppError } from '../../../core/errors.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { CERTIFICATE_SETTINGS } from '../../auth/sources/certificate-settings.ts'
import { parseCertificateArgument } from '../../certificate-argument.ts'
import type { Context, Flags } from '../../context.ts'
import { isNotYetThere } from '../../graph/errors.ts'
import { settle } from '../../graph/settle.ts'
import { withPassphrase } from '../../passphrase.ts'
import { changeProfiles, type ProfileValues, readProfiles } from '../../profiles.ts'
import { tokenOf } from '../../registration/prove.ts'
import { withRegistrar } from '../../registration/registrar.ts'
import { signerOf } from '../../registration/signer.ts'
import { filePlace } from '../../rotation/file-place.ts'
import type { Place } from '../../rotation/place.ts'
import type { RotationDeps } from '../../rotation/rotate.ts'
import { SETTINGS, type SettingValues } from '../../settings.ts'
import { createTodoClient } from '../../todo-client.ts'
import { whole } from './whole-number.ts'

/** The place that CERT names; left out, the one of the settings. */
export async function openPlace(
  context: Context,
  argument: string | undefined,
  flags: Flags,
): Promise<Place> {
  const settings = await context.settings(CERTIFICATE_SETTINGS)
  const where = parseCertificateArgument(argument ?? configured(settings))
  const keepOld = flags.keepOld === true
  const days = flags.days === undefined ? undefined : whole(flags.days, '--days', 365, 1, 3650)
  if (where.kind === 'stdin') {
    throw new AppError('usage', 'standard input can not be rotated', { hint: 'name a file, or vault:NAME' })
  }
  if (where.kind === 'vault') {
    const [{ openVault }, { vaultPlace }] = await Promise.all([
      import('../../vault/open.ts'),
      import('../../rotation/vault-place.ts'),
    ])
    const version = where.version ?? settings.get('certificateVersion')
    const access = await openVault(context, where.vaultUrl)
    return vaultPlace(access, { name: where.name, version, keepOld, days, signal: context.io.signal })
  }
  return withPassphrase(context, flags, async (passphrase) => {
    const place = await filePlace(where.path, { passphrase, keepOld, days })
    await place.current()
    return place
  })
}

/** The certificate of the settings: in the vault with `--auth keyvault`, else the file. */
function configured(settings: SettingValues): string {
  return settings.get('auth') === 'keyvault'
    ? `vault:${settings.need('certificateName')}`
    : settings.need('certificateFile')
}

/** Long enough for a server that is behind, short enough for a client id that is wrong. */
const FOUND_MS = 10_000

export interface RotationSpec extends Pick<RotationDeps, 'place' | 'clientId' | 'journals' | 'overlapMs'> {
  readonly waitMs: number
  readonly flags: Flags
}

export async function rotationDeps(context: Context, spec: RotationSpec): Promise<RotationDeps> {
  const { place, clientId, journals, overlapMs, waitMs, flags } = spec
  const { out, home } = context
  const proof = flags.proof === true
  const registrar = async <T>(action: Parameters<typeof withRegistrar<T>>[3]) =>
    withRegistrar(context, await signerOf(context), { proof, appId: clientId }, action)
  // The app is there: a server of Graph that has not heard of it is asked again.
  const what = `Microsoft Graph to find the app ${clientId}`
  const found = <T>(action: () => Promise<T>) =>
    settle(action, {
      what,
      waitMs: Math.min(waitMs, FOUND_MS),
      signal: context.io.signal,
      note: (line) => out.note(line),
      isEarly: isNotYetThere,
    })
  return {
    clientId,
    place,
    journals,
    overlapMs,
    note: (line) => out.note(line),
    register: async (leaf) => {
      await found(() => registrar(({ add }) => add(leaf)))
    },
    unregister: (leaf) => found(() => registrar(({ remove }) => remove(leaf))),
    prove: (values, { once }) => prove(context, values, once ? 0 : waitMs),
    saveProfile: (values, next) => saveProfile(context, home.profiles, values, next),
  }
}

/** A token that no cache had, and one call of the API with it. */
async function prove(context: Context, next: ProfileValues, waitMs: number): Promise<void> {
  const present = await context.settings(CERTIFICATE_SETTINGS)
  const token = await tokenOf(context, { ...valuesOf(present), ...next }, waitMs)
  const tokens = { get: async () => ({ ...token, fromCache: false }) }
  const endpoint = present.need('apiEndpoint')
  await createTodoClient({ http: await context.http(), tokens, endpoint }).list()
}

/** What is set now, but for what pins the present certificate. */
function valuesOf(settings: SettingValues): ProfileValues {
  const keys = [...SETTINGS, ...CERTIFICATE_SETTINGS].filter(({ secret }) => !secret).map(({ key }) => key)
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = key === 'certThumbprint' ? undefined : settings.get(key)
      return value === undefined ? [] : [[key, value]]
    }),
  )
}

/** The profile names the same certificate as before; what pinned the old one follows. */
async function saveProfile(
  context: Context,
  path: string,
  changes: ProfileValues,
  next: X509Certificate,
): Promise<void> {
  const profiles = await readProfiles(path)
  const name = context.profileName ?? profiles.current
  const present =
    name !== undefined && Object.hasOwn(profiles.profiles, name) ? profiles.profiles[name] : undefined
  if (name === undefined || present === undefined) return
  const pinned = present.certThumbprint === undefined ? {} : { certThumbprint: thumbprintsOf(next.raw).sha1 }
  if (Object.keys({ ...changes, ...pinned }).length === 0) return
  await changeProfiles(path, (all) => ({
    ...all,
    profiles: { ...all.profiles, [name]: { ...all.profiles[name], ...changes, ...pinned } },
  }))
}
