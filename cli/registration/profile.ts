/** What a registration leaves on this machine: a profile for the CLI, a file of variables for the API. */
import { readFile } from 'node:fs/promises'
import { systemCode } from '../../core/errors.ts'
import type { Organization } from '../graph/objects.ts'
import { changeProfiles, type ProfileValues, readProfiles } from '../profiles.ts'
import type { SettingValues } from '../settings.ts'

/** Settings that a new profile takes along: how this tenant, its Graph and its vault are reached. */
const TAKEN_ALONG = [
  ...['graphUrl', 'caFile', 'keyVaultUrl', 'vaultAuth', 'vaultCertificateFile', 'vaultClientId'],
  ...['vaultTenantId', 'vaultAuthorityHost', 'vaultFederatedTokenFile'],
] as const

/** @param otherCloud whether the tenant is in another cloud than the current profile's, whose values then stay behind */
export function takenAlong(settings: SettingValues, otherCloud: boolean): ProfileValues {
  return Object.fromEntries(
    TAKEN_ALONG.flatMap((key) => {
      const [value, from = ''] = [settings.get(key), settings.from(key)]
      const stays = from === 'default' || (otherCloud && from.startsWith('profile '))
      return value === undefined || stays ? [] : [[key, value]]
    }),
  )
}

/**
 * The authority of a tenant: an external one (Entra External ID) has a host of its own,
 * https://learn.microsoft.com/entra/external-id/customers/reference-service-endpoints
 */
export function authorityFor({ id, tenantType, verifiedDomains = [] }: Organization, host: string): string {
  const initial = verifiedDomains.find(({ isInitial }) => isInitial)?.name
  if (tenantType === 'CIAM' && initial !== undefined)
    return `https://${initial.split('.')[0]}.ciamlogin.com/${id}`
  const { origin, hostname } = new URL(host)
  // The settings may still name an external tenant, and this one says that it is none.
  const isOthers = typeof tenantType === 'string' && hostname.endsWith('.ciamlogin.com')
  return `${isOthers ? 'https://login.microsoftonline.com' : origin}/${id}`
}

/** Whether the profile does not say all this already. */
export async function profileDiffers(path: string, name: string, values: ProfileValues): Promise<boolean> {
  const { current, profiles } = await readProfiles(path)
  const present = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  return present === undefined || current === undefined || !contains(present, values)
}

/** Writes the profile over what it was. */
export async function saveProfile(path: string, name: string, values: ProfileValues): Promise<void> {
  await changeProfiles(path, ({ current = name, profiles }) => ({
    current,
    profiles: { ...profiles, [name]: { ...profiles[name], ...values } },
  }))
}

/** Removes the profiles of an app; returns their names. */
export async function forgetProfiles(path: string, clientId: string): Promise<string[]> {
  const { profiles } = await readProfiles(path)
  const gone = Object.keys(profiles).filter((name) => profiles[name]?.clientId === clientId)
  if (gone.length > 0) {
    await changeProfiles(path, (all) => ({
      ...(all.current !== undefined && gone.includes(all.current) ? {} : { current: all.current }),
      profiles: Object.fromEntries(Object.entries(all.profiles).filter(([name]) => !gone.includes(name))),
    }))
  }
  return gone
}

const contains = (present: ProfileValues, values: ProfileValues) =>
  Object.entries(values).every(([key, value]) => present[key] === value)

/**
 * A file that `node --env-file`, a shell, systemd and Docker read, with these variables set and its other lines as they are.
 * Undefined where it says all this already.
 */
export async function variablesWith(
  path: string,
  values: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const before = await readIfThere(path)
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n')
  for (const [name, value] of Object.entries(values)) {
    const line = `${name}=${/^[\w@%+:,./-]*$/.test(value) ? value : JSON.stringify(value)}`
    const at = lines.findIndex((each) => each.startsWith(`${name}=`))
    if (at === -1) lines.push(line)
    else lines[at] = line
  }
  const data = `${lines.join('\n')}\n`
  return data === before ? undefined : data
}

/** The value of a variable in such a file. */
export async function variableIn(path: string, name: string): Promise<string | undefined> {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(await readIfThere(path))?.[1]
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ''
    throw error
  }
}
