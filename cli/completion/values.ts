/** What may stand where a value is typed: profiles, settings, files, certificates of a vault, words of a list. */
import type { Option } from 'commander'
import { OPTION_VALUES } from '../command.ts'
import { allSettings } from '../commands/config/all-settings.ts'
import type { Context } from '../context.ts'
import { CERTIFICATE_ENDINGS } from '../files.ts'
import { readProfiles } from '../profiles.ts'
import type { Candidate } from './candidate.ts'
import type { ValuesAt } from './complete.ts'
import { type FilesOptions, filesFrom } from './files.ts'
import type { Place } from './line.ts'

/** A kind of value, by the key of the setting, the placeholder of the option or the name of the argument. */
type Values = (context: Context, place: Place) => Promise<readonly Candidate[]> | readonly Candidate[]

const files = (options: Omit<FilesOptions, 'home'> = {}): Values => {
  return ({ env }, { typed }) => filesFrom(typed, { home: env.HOME, ...options })
}

const certificateFiles = files({ endings: CERTIFICATE_ENDINGS })

const certificates: Values = async (context, place) => {
  const { typed } = place
  if (typed.startsWith('vault:')) {
    const names = await vaultNames(context)
    return names.map(({ value, ...rest }) => ({ ...rest, value: `vault:${value}` }))
  }
  const vault = { value: 'vault:', description: 'a certificate in the key vault', open: true }
  return [...(await certificateFiles(context, place)), ...((await vaultUrl(context)) ? [vault] : [])]
}

const profiles: Values = async ({ home }) => {
  const found = await readProfiles(home.profiles)
  return Object.entries(found.profiles).map(([value, { authority }]) => ({
    value,
    description: [value === found.current ? 'current' : '', authority ?? ''].filter(Boolean).join(', '),
  }))
}

const settings: Values = async () =>
  (await allSettings())
    .filter(({ secret }) => !secret)
    .map(({ key, help }) => ({ value: key, description: help }))

/** The value of `config set KEY VALUE`. */
const settingValue: Values = async (context, place) => {
  const spec = (await allSettings()).find(({ key }) => key === place.args[0])
  if (spec === undefined) return []
  const words = (spec.parse?.words ?? []).map((value) => ({ value }))
  return words.length > 0 ? words : ((await byKey(spec.key, spec.flag)?.(context, place)) ?? [])
}

const authMethods: Values = async () => {
  const { SOURCE_NAMES } = await import('../auth/sources/registry.ts')
  return ['secret', ...SOURCE_NAMES, 'user'].map((value) => ({ value }))
}

const codes: Values = async () => {
  const { explain, knownCodes } = await import('../explain/explain.ts')
  return knownCodes().map((value) => ({ value, description: explain(value)?.means ?? '' }))
}

const shells: Values = () => ['bash', 'zsh', 'fish', 'powershell'].map((value) => ({ value }))

const BY_KEY: Readonly<Record<string, Values>> = {
  auth: authMethods,
  certificateName: (context) => vaultNames(context),
  certificateFile: certificateFiles,
  vaultCertificateFile: certificateFiles,
}
const BY_PLACEHOLDER: Readonly<Record<string, Values>> = {
  FILE: files(),
  FOLDER: files({ foldersOnly: true }),
}
const BY_LONG: Readonly<Record<string, Values>> = { '--profile': profiles }
const BY_ARGUMENT: Readonly<Record<string, Values>> = {
  cert: certificates,
  in: certificateFiles,
  out: files(),
  file: certificateFiles,
  key: settings,
  value: settingValue,
  profile: profiles,
  code: codes,
  shell: shells,
}

/** The values of the place that `context` knows. Whatever fails gives none: a completion is no place for an error. */
export function valuesKnownTo(contextFor: (flags: Place['flags']) => Context): ValuesAt {
  return async (place) => {
    const values = place.option ? ofOption(place.option) : ofArgument(place)
    try {
      return (await values?.(contextFor(place.flags), place)) ?? []
    } catch {
      return []
    }
  }
}

function ofOption(option: Option): Values | undefined {
  const { key, words } = OPTION_VALUES.get(option) ?? {}
  if (words) return () => words.map((value) => ({ value }))
  return own(BY_LONG, option.long ?? '') ?? byKey(key, option.flags)
}

function byKey(key = '', flags = ''): Values | undefined {
  const placeholder = /<?([A-Z]+)>?$/.exec(flags)?.[1] ?? ''
  return own(BY_KEY, key) ?? own(BY_PLACEHOLDER, placeholder)
}

/** The argument at the place: the last one where it takes as many as there are. */
function ofArgument({ command, args }: Place): Values | undefined {
  const { registeredArguments } = command
  const last = registeredArguments.at(-1)
  const argument = registeredArguments[args.length] ?? (last?.variadic ? last : undefined)
  return argument && own(BY_ARGUMENT, argument.name())
}

async function vaultUrl(context: Context): Promise<string | undefined> {
  const { VAULT_SETTINGS } = await import('../vault/settings.ts')
  return (await context.settings(VAULT_SETTINGS)).get('keyVaultUrl')
}

/** Asks the vault, where that takes no person. */
async function vaultNames(context: Context): Promise<Candidate[]> {
  const [{ VAULT_SETTINGS }, { openVault }, { listVaultCertificates }] = await Promise.all([
    import('../vault/settings.ts'),
    import('../vault/open.ts'),
    import('../vault/list.ts'),
  ])
  if ((await context.settings(VAULT_SETTINGS)).get('vaultAuth') === 'device-code') return []
  const found = await listVaultCertificates(await openVault(context), context.io.signal)
  return found
    .filter(({ enabled }) => enabled)
    .map(({ name, notAfter }) => ({
      value: name,
      ...(notAfter ? { description: `until ${notAfter.toISOString().slice(0, 10)}` } : {}),
    }))
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
