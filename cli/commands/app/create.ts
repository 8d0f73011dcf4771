import { join, resolve } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { replaceFile } from '../../../core/private-file.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import type { GraphClient } from '../../graph/client.ts'
import { assertProfileName, type ProfileValues, readProfiles } from '../../profiles.ts'
import { exclusively } from '../../registration/lock.ts'
import { ensureDaemonCertificate } from '../../registration/new-certificate.ts'
import {
  authorityFor,
  profileDiffers,
  saveProfile,
  takenAlong,
  variablesWith,
} from '../../registration/profile.ts'
import { tokenOf } from '../../registration/prove.ts'

import { loginNameOf } from '../../registration/read.ts'
import { createReconciler, type Reconciler } from '../../registration/reconcile.ts'
import { type Registered, registerApps } from '../../registration/register.ts'
import { ensureSecret } from '../../registration/secret.ts'
import { REGISTRATION_SETTINGS } from '../../registration/settings.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import { showChanges, showCreated } from './create-output.ts'
import { API_NAME, CLIENT_NAME, graphFor, named, tenantOptions, waitOf } from './options.ts'

/** What `app create` was asked for, checked. */
interface CreateOptions {
  readonly apiName: string
  readonly clientName: string
  readonly profile: string
  /** CERT; undefined with `--secret`. */
  readonly certificate: string | undefined
  readonly secretFile: string | undefined
  /** The public client for users; undefined where none is asked for. */
  readonly loginName: string | undefined
  /** Beside the daemon and that client, who may call the API: what the profile has by now. */
  readonly userClientId: string | undefined
  /** Where the profile has the API by now. */
  readonly apiEndpoint: string | undefined
  readonly dryRun: boolean
  readonly waitMs: number
  readonly variablesFile: string
}

/** Where the API listens that starts from the variables file. */
const API_ENDPOINT = 'http://localhost:44351/api/todolist'

/** `todo-cli app create`: run again it makes good what differs, and changes nothing else. */
export const create: Action = async (context, _args, flags) => {
  const options = await parse(context, flags)
  return options.dryRun
    ? apply(context, flags, options)
    : exclusively(context.home.journals, () => apply(context, flags, options))
}

async function parse(context: Context, flags: Flags): Promise<CreateOptions> {
  const clientName = named(flags.clientName, '--client-name', CLIENT_NAME)
  const profile = named(flags.saveAs, '--save-as', clientName.replace(/[^A-Za-z0-9._-]+/g, '-'))
  assertProfileName(profile)
  const apiName = named(flags.apiName, '--api-name', API_NAME)
  if (apiName === clientName) {
    throw new AppError('usage', 'the API and the daemon can not have the same name', {
      hint: '--api-name NAME, --client-name NAME',
    })
  }
  const { profiles } = await readProfiles(context.home.profiles)
  const saved = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined
  const file = (ending: string) => join('certs', `${profile}.${ending}`)
  const certificate = named(flags.certificate, '--certificate')
  const secret = flags.secret === true || flags.secretFile !== undefined
  if (secret && certificate !== undefined) {
    throw new AppError(
      'usage',
      '--secret and --certificate are two ways to prove who the daemon is: take one',
      {
        hint: 'todo-cli app create --help',
      },
    )
  }
  const settings = await context.settings(REGISTRATION_SETTINGS)
  const variables = settings.from('apiVariablesFile')?.startsWith('profile')
    ? undefined
    : settings.get('apiVariablesFile')
  return {
    apiName,
    clientName,
    profile,
    certificate: secret ? undefined : (certificate ?? savedCertificate(saved) ?? file('pem')),
    secretFile: secret
      ? resolve(named(flags.secretFile, '--secret-file', saved?.clientSecretFile ?? file('secret')))
      : undefined,
    loginName: flags.login === true ? loginNameOf(clientName) : undefined,
    userClientId: saved?.userClientId,
    apiEndpoint: saved?.apiEndpoint,
    dryRun: flags.dryRun === true,
    waitMs: waitOf(flags),
    variablesFile: resolve(variables ?? saved?.apiVariablesFile ?? 'todo-api.env'),
  }
}

const savedCertificate = (saved: ProfileValues | undefined) =>
  saved?.auth === 'keyvault' && saved.certificateName !== undefined
    ? `vault:${saved.certificateName}`
    : saved?.certificateFile

async function apply(context: Context, flags: Flags, options: CreateOptions): Promise<undefined> {
  const { out, io } = context
  const { dryRun, waitMs, apiName, clientName, loginName } = options
  const graph = await graphFor(context, flags)
  const reconciler = createReconciler({ dryRun, waitMs, signal: io.signal, note: (line) => out.note(line) })
  const certificate =
    options.certificate === undefined
      ? undefined
      : await ensureDaemonCertificate(context, reconciler, clientName, options.certificate)
  const registered: { -readonly [K in keyof Registered]: Registered[K] } = {
    api: undefined,
    client: undefined,
    login: undefined,
  }
  try {
    const organization = await graph.organization()
    const done = await registerApps(
      graph,
      reconciler,
      {
        apiName,
        clientName,
        loginName,
        leaf: options.certificate === undefined ? undefined : (certificate?.leaf ?? 'unmade'),
      },
      (which, app) => {
        registered[which] = app
      },
    )
    if (options.secretFile !== undefined)
      await secret(graph, reconciler, done, options.secretFile, clientName)
    const { api, client } = done
    if (api === undefined || client === undefined || (options.certificate !== undefined && !certificate)) {
      if (!dryRun) throw new TypeError('registered, and yet not there')
      await tellFiles(reconciler, options)
      return showChanges(context, reconciler)
    }
    const profile: ProfileValues = {
      ...takenAlong(await context.settings(VAULT_SETTINGS), isOtherCloud(context, flags)),
      ...tenantValues(flags, graph),
      ...(certificate?.profile ?? { auth: 'secret', clientSecretFile: options.secretFile ?? '' }),
      authority: authorityFor(organization, await signInHost(context, flags)),
      tenantId: organization.id,
      clientId: client.appId,
      scopes: `api://${api.appId}/.default`,
      apiEndpoint: await apiEndpoint(context, options.apiEndpoint),
      appObjectId: client.id,
      apiVariablesFile: options.variablesFile,
      ...(done.login === undefined ? {} : { userClientId: done.login.appId }),
    }
    await save(context, reconciler, options, profile, api.appId)
    if (dryRun) return showChanges(context, reconciler)
    if (waitMs > 0) await tokenOf(context, profile, waitMs)
    return showCreated(context, {
      graphUrl: graph.graphUrl,
      changes: reconciler.changes,
      apiName,
      clientName,
      profileName: options.profile,
      profile,
      registered: done,
      thumbprint: certificate && thumbprintsOf(certificate.leaf.raw).sha1,
    })
  } catch (error) {
    throw withWhatExists(error, registered)
  }
}

async function secret(
  graph: GraphClient,
  reconciler: Reconciler,
  { client }: Registered,
  file: string,
  name: string,
): Promise<void> {
  if (client !== undefined) return ensureSecret(graph, reconciler, client, file)
  await reconciler.make(name, `make a secret, into ${file}`, async () => {})
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
function tenantValues(flags: Flags, { graphUrl }: GraphClient): ProfileValues {
  const { cloud, tenantId } = tenantOptions(flags)
  return {
    ...(flags.cloud === undefined ? {} : { graphUrl }),
    ...(cloud.authorityHost === undefined ? {} : { vaultAuthorityHost: cloud.authorityHost }),
    ...(tenantId === undefined ? {} : { vaultTenantId: tenantId }),
  }
}

/** A flag's, or what somebody has set for where the API is by now. */
async function apiEndpoint(context: Context, saved: string | undefined): Promise<string> {
  const settings = await context.settings()
  return settings.from('apiEndpoint') === '--api-endpoint'
    ? settings.need('apiEndpoint')
    : (saved ?? API_ENDPOINT)
}

/** What is written in the end, for a dry run over what is not there. */
async function tellFiles(
  reconciler: Reconciler,
  { apiName, clientName, variablesFile, profile }: CreateOptions,
) {
  await reconciler.make(apiName, `write ${variablesFile}`, async () => {})
  await reconciler.make(clientName, `write the profile ${profile}`, async () => {})
}

async function save(
  { home }: Context,
  reconciler: Reconciler,
  { profile: name, variablesFile, clientName, apiName, userClientId }: CreateOptions,
  profile: ProfileValues,
  apiAppId: string,
): Promise<void> {
  const variables = {
    TODO_API_TENANT_ID: profile.tenantId ?? '',
    TODO_API_CLIENT_ID: apiAppId,
    TODO_API_AUTHORITY: profile.authority ?? '',
    ...(profile.caFile === undefined ? {} : { TODO_API_CA_FILE: resolve(profile.caFile) }),
    TODO_API_ALLOWED_CLIENTS: [profile.clientId, profile.userClientId ?? userClientId]
      .filter((id) => id !== undefined)
      .join(','),
    DATABASE_URL: 'sqlite:todo.db',
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

/** A failure half-way says what there is by now; the next run goes on from there. */
function withWhatExists(error: unknown, { api, client, login }: Registered): unknown {
  const exists = [api, client, login].filter((app) => app !== undefined)
  if (!(error instanceof AppError) || exists.length === 0) return error
  const { code, message, hint, serviceCode, details } = error
  return new AppError(code, message, {
    hint,
    serviceCode,
    cause: error,
    details: [
      ...details,
      ...exists.map(({ displayName, appId }) => `registered by now: ${displayName}, client id ${appId}`),
      'the same command goes on from there',
    ],
  })
}
