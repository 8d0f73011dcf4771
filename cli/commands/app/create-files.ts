/** What `app create` leaves on this machine: the profile of the daemon, and the variables that the API starts with. */
import { resolve } from 'node:path'
import { replaceFile } from '../../../core/private-file.ts'
import type { Context, Flags } from '../../context.ts'
import type { Application, Organization } from '../../graph/objects.ts'
import type { ProfileValues } from '../../profiles.ts'
import {
  authorityFor,
  profileDiffers,
  saveProfile,
  takenAlong,
  variableIn,
  variablesWith,
} from '../../registration/profile.ts'
import type { Reconciler } from '../../registration/reconcile.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import { tenantOptions } from './options.ts'

/** Their names, and what stays of what they say by now. */
export interface CreatedFiles {
  readonly apiName: string
  readonly clientName: string
  /** The profile's name. */
  readonly profile: string
  readonly variablesFile: string
  /** Beside the daemon and a new client for users, who may call the API: what the profile has by now. */
  readonly userClientId: string | undefined
  /** Where the profile has the API by now. */
  readonly apiEndpoint: string | undefined
}

/** What was registered, as far as the files tell of it. */
interface RegisteredForFiles {
  readonly graphUrl: string
  readonly organization: Organization
  /** How the daemon proves who it is, as a profile has it. */
  readonly credential: ProfileValues
  readonly client: Pick<Application, 'id' | 'appId'>
  readonly apiAppId: string
  readonly loginAppId: string | undefined
}

/** Where the API listens that starts from the variables file. */
const API_ENDPOINT = 'http://localhost:44351/api/todolist'

export async function profileOf(
  context: Context,
  flags: Flags,
  { apiEndpoint, variablesFile }: CreatedFiles,
  { graphUrl, organization, credential, client, apiAppId, loginAppId }: RegisteredForFiles,
): Promise<ProfileValues> {
  return {
    ...takenAlong(await context.settings(VAULT_SETTINGS), isOtherCloud(context, flags)),
    ...tenantValues(flags, graphUrl),
    ...credential,
    authority: authorityFor(organization, await signInHost(context, flags)),
    tenantId: organization.id,
    clientId: client.appId,
    scopes: `api://${apiAppId}/.default`,
    apiEndpoint: await endpointOf(context, apiEndpoint),
    appObjectId: client.id,
    apiVariablesFile: variablesFile,
    ...(loginAppId === undefined ? {} : { userClientId: loginAppId }),
  }
}

/** `--cloud` beside a profile that nobody named: what that profile says is about another cloud. */
const isOtherCloud = ({ profileName }: Context, { cloud }: Flags) =>
  cloud !== undefined && profileName === undefined

/** Where people and apps of this tenant sign in. */
async function signInHost(context: Context, flags: Flags): Promise<string> {
  const settings = await context.settings(VAULT_SETTINGS)
  return (
    tenantOptions(flags).cloud.authorityHost ??
    settings.get('authority') ??
    settings.need('vaultAuthorityHost')
  )
}

/** What `--cloud` and `--tenant` say, for later runs. */
function tenantValues(flags: Flags, graphUrl: string): ProfileValues {
  const { cloud, tenantId } = tenantOptions(flags)
  return {
    ...(flags.cloud === undefined ? {} : { graphUrl }),
    ...(cloud.authorityHost === undefined ? {} : { vaultAuthorityHost: cloud.authorityHost }),
    ...(tenantId === undefined ? {} : { vaultTenantId: tenantId }),
  }
}

/** A flag's, or what somebody has set for where the API is by now. */
async function endpointOf(context: Context, saved: string | undefined): Promise<string> {
  const settings = await context.settings()
  return settings.from('apiEndpoint') === '--api-endpoint'
    ? settings.need('apiEndpoint')
    : (saved ?? API_ENDPOINT)
}

/** What is written in the end, for a dry run over what is not there. */
export async function tellFiles(
  reconciler: Reconciler,
  { apiName, clientName, variablesFile, profile }: CreatedFiles,
) {
  await reconciler.make(apiName, `write ${variablesFile}`, async () => {})
  await reconciler.make(clientName, `write the profile ${profile}`, async () => {})
}

export async function writeFiles(
  { home }: Context,
  reconciler: Reconciler,
  { profile: name, variablesFile, clientName, apiName, userClientId }: CreatedFiles,
  profile: ProfileValues,
  apiAppId: string,
): Promise<void> {
  const own = [profile.clientId, profile.userClientId ?? userClientId].filter((id) => id !== undefined)
  const variables = {
    TODO_API_TENANT_ID: profile.tenantId ?? '',
    TODO_API_CLIENT_ID: apiAppId,
    TODO_API_AUTHORITY: profile.authority ?? '',
    ...(profile.caFile === undefined ? {} : { TODO_API_CA_FILE: resolve(profile.caFile) }),
    ...(await beyondTheRegistration(variablesFile, apiAppId, own)),
  }
  const data = await variablesWith(variablesFile, variables)
  if (data !== undefined) {
    await reconciler.make(apiName, `write ${variablesFile}`, () => replaceFile({ path: variablesFile, data }))
  }
  if (await profileDiffers(home.profiles, name, profile)) {
    await reconciler.make(clientName, `write the profile ${name}`, () =>
      saveProfile(home.profiles, name, profile),
    )
  }
}

/**
 * What a file that is for this very API already may say otherwise: its database, and who else may call it, another daemon for
 * instance. As it is written there, it stays.
 */
async function beyondTheRegistration(
  file: string,
  apiAppId: string,
  clients: readonly string[],
): Promise<Record<string, string>> {
  const isItsOwn = (await variableIn(file, 'TODO_API_CLIENT_ID')) === apiAppId
  const [allowed, database] = isItsOwn
    ? [await variableIn(file, 'TODO_API_ALLOWED_CLIENTS'), await variableIn(file, 'DATABASE_URL')]
    : []
  const present: readonly string[] = allowed?.match(/[0-9a-f-]{36}/gi) ?? []
  const missing = clients.filter((id) => !present.includes(id))
  return {
    ...(allowed !== undefined && missing.length === 0
      ? {}
      : { TODO_API_ALLOWED_CLIENTS: [...present, ...missing].join(',') }),
    ...(database === undefined ? { DATABASE_URL: 'sqlite:todo.db' } : {}),
  }
}
