/** Who calls Microsoft Graph: the identity that opens the vault, of the tenant and the cloud that are meant. */
import { AppError } from '../../core/errors.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import { claimsOf } from '../claims.ts'
import type { Context } from '../context.ts'
import { SETTINGS, SettingValues } from '../settings.ts'
import { timeoutOf } from '../vault/client.ts'
import { vaultCredential } from '../vault/credential.ts'
import { vaultDeps } from '../vault/open.ts'
import { VAULT_SETTINGS } from '../vault/settings.ts'
import type { GraphCallsDeps } from './calls.ts'
import type { Cloud } from './clouds.ts'

export interface CallerOptions {
  /** In place of what the settings say. */
  readonly cloud?: Partial<Cloud>
  readonly tenantId?: string | undefined
}

export interface Caller extends GraphCallsDeps {
  callerId(): Promise<string | undefined>
  /** The tenant that gave the caller its token. */
  tenantId(): Promise<string | undefined>
}

export async function callerOf(context: Context, { cloud = {}, tenantId }: CallerOptions): Promise<Caller> {
  const given = await context.settings(VAULT_SETTINGS)
  const isOther = cloud.authorityHost !== undefined && context.profileName === undefined
  const settings = over(isOther ? withoutProfile(given) : given, {
    // A flag that names Graph's address is meant, whatever the cloud's is.
    graphUrl: given.from('graphUrl') === '--graph-url' ? undefined : cloud.graphUrl,
    vaultAuthorityHost: cloud.authorityHost,
    vaultTenantId: tenantId,
  })
  const graphUrl = settings.need('graphUrl')
  const timeoutMs = timeoutOf(settings)
  const credential = await vaultCredential(settings, { ...(await vaultDeps(context)), timeoutMs })
  const token = async () => tokenFor(graphUrl, credential, context)
  return {
    http: await context.http(),
    graphUrl,
    signal: context.io.signal,
    timeoutMs,
    token,
    // Graph has no call by which an app could ask who it is; the claim `oid` of its token says so for both.
    callerId: async () => {
      const { oid } = claimsOf(await token())
      return typeof oid === 'string' ? oid : undefined
    },
    tenantId: async () => {
      const { tid } = claimsOf(await token())
      return typeof tid === 'string' ? tid : undefined
    },
  }
}

/** The current profile is about another cloud than the one that was asked for: its identity is not meant. */
function withoutProfile(given: SettingValues): SettingValues {
  const specs = [...SETTINGS, ...VAULT_SETTINGS]
  const values = specs.flatMap(({ key, default: fallback }) => {
    const from = given.from(key) ?? key
    const value = from.startsWith('profile ') ? fallback : given.get(key)
    return value === undefined ? [] : [[key, { value, origin: 'flag', from }] as const]
  })
  return new SettingValues(specs, new Map(values))
}

/** The same settings with other values in place. */
function over(given: SettingValues, values: Readonly<Record<string, string | undefined>>): SettingValues {
  const specs = [...SETTINGS, ...VAULT_SETTINGS]
  const settings = specs.flatMap(({ key }) => {
    const value = values[key] ?? given.get(key)
    return value === undefined
      ? []
      : [[key, { value, origin: 'flag', from: given.from(key) ?? key }] as const]
  })
  return new SettingValues(specs, new Map(settings))
}

/** Graph's scope is its host; the local tenant's Graph takes the public cloud's. */
export const graphScope = (graphUrl: string): string => {
  const { origin, hostname } = new URL(graphUrl)
  return `${isLoopbackHost(hostname) ? 'https://graph.microsoft.com' : origin}/.default`
}

async function tokenFor(
  graphUrl: string,
  credential: Awaited<ReturnType<typeof vaultCredential>>,
  { io }: Context,
): Promise<string> {
  try {
    const token = await credential.getToken(graphScope(graphUrl), { abortSignal: io.signal })
    if (token) return token.token
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'vault-signed-out') throw error
    const { message, hint, serviceCode, details } = error
    throw new AppError('graph-refused', message.replaceAll('opens the vault', 'opens Graph'), {
      hint,
      serviceCode,
      details,
      cause: error,
    })
  }
  throw new AppError('graph-refused', 'no credential for Microsoft Graph', {
    hint: 'az login, or --vault-auth certificate',
  })
}
