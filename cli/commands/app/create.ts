import { join, resolve } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import type { GraphClient } from '../../graph/client.ts'
import { assertProfileName, type ProfileValues, readProfiles } from '../../profiles.ts'
import { exclusively } from '../../registration/lock.ts'
import { ensureDaemonCertificate } from '../../registration/new-certificate.ts'
import { tokenOf } from '../../registration/prove.ts'
import { loginNameOf } from '../../registration/read.ts'
import { createReconciler, type Reconciler } from '../../registration/reconcile.ts'
import { type Registered, registerApps } from '../../registration/register.ts'
import { ensureSecret } from '../../registration/secret.ts'
import { REGISTRATION_SETTINGS } from '../../registration/settings.ts'
import { type CreatedFiles, profileOf, tellFiles, writeFiles } from './create-files.ts'
import { showChanges, showCreated } from './create-output.ts'
import { API_NAME, CLIENT_NAME, graphFor, named, waitOf } from './options.ts'

/** What `app create` was asked for, checked. */
interface CreateOptions extends CreatedFiles {
  /** CERT; undefined with `--secret`. */
  readonly certificate: string | undefined
  readonly secretFile: string | undefined
  /** The public client for users; undefined where none is asked for. */
  readonly loginName: string | undefined
  readonly dryRun: boolean
  readonly waitMs: number
}

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
  // Graph tells no names apart by their case.
  if (apiName.toLowerCase() === clientName.toLowerCase()) {
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
    const profile = await profileOf(context, flags, options, {
      graphUrl: graph.graphUrl,
      organization,
      credential: certificate?.profile ?? { auth: 'secret', clientSecretFile: options.secretFile ?? '' },
      client,
      apiAppId: api.appId,
      loginAppId: done.login?.appId,
    })
    await writeFiles(context, reconciler, options, profile, api.appId)
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
