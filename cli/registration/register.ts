/** From an empty tenant to apps that can talk to each other: each step only where something is missing. */
import type { X509Certificate } from 'node:crypto'
import type { GraphClient } from '../graph/client.ts'
import type { Application, ServicePrincipal } from '../graph/objects.ts'
import { appendCertificate, isRegistered } from './certificate.ts'
import { createOnce } from './create-once.ts'
import {
  consentTo,
  consentToRoles,
  consentToScopes,
  findOwn,
  PRESENCE,
  presentInTenant,
  type Reconciler,
} from './reconcile.ts'
import {
  type ApiIds,
  type Differences,
  differencesOfApi,
  differencesOfDaemon,
  differencesOfLogin,
  idsOfApi,
  newApi,
  newDaemon,
  newLogin,
  ROLE_VALUES,
  SCOPE_VALUES,
} from './wanted.ts'

export interface RegisterOptions {
  readonly apiName: string
  readonly clientName: string
  /** The public client for users; undefined where none is asked for. */
  readonly loginName: string | undefined
  /** The certificate to register: `unmade` in a dry run where there is none yet, undefined for a secret. */
  readonly leaf: X509Certificate | 'unmade' | undefined
}

/** What is registered now; parts are undefined in a dry run over what is not there. */
export interface Registered {
  readonly api: Application | undefined
  readonly client: Application | undefined
  readonly login: Application | undefined
}

/** What an app is told of before anybody knows whether the rest succeeds. */
export type OnRegistered = (which: keyof Registered, app: Application) => void

/** For a dry run over an API that is not there. */
const NO_IDS: ApiIds = { appId: '', roleIds: [], scopeIds: [] }

export async function registerApps(
  graph: GraphClient,
  reconciler: Reconciler,
  options: RegisterOptions,
  onRegistered: OnRegistered = () => {},
): Promise<Registered> {
  const { apiName, clientName, loginName, leaf } = options

  const api = await ensureApp(graph, reconciler, {
    name: apiName,
    flag: '--api-name',
    body: () => newApi(apiName),
    // It has the client id in it, which Graph gives.
    afterwards: ['identifierUris'],
    differences: (present) => differencesOfApi(present, apiName),
  })
  if (api) onRegistered('api', api)
  const resource = await presentOrTold(graph, reconciler, apiName, api)
  const ids = api && idsOfApi(api)

  const client = await ensureApp(graph, reconciler, {
    name: clientName,
    flag: '--client-name',
    body: () => newDaemon(clientName, ids ?? NO_IDS),
    differences: (present) => (ids === undefined ? {} : differencesOfDaemon(present, ids, clientName)),
  })
  if (client) onRegistered('client', client)
  const principal = await presentOrTold(graph, reconciler, clientName, client)

  if (leaf !== undefined && (leaf === 'unmade' || client === undefined || !isRegistered(client, leaf))) {
    await reconciler.make(clientName, 'register the certificate', async () => {
      if (leaf !== 'unmade' && client !== undefined) await appendCertificate(graph, client.appId, leaf)
    })
  }

  if (api !== undefined && resource !== undefined && principal !== undefined) {
    const roles = api.appRoles.filter(({ value }) => ROLE_VALUES.includes(value))
    await consentToRoles(graph, reconciler, { client: clientName, principal, resource }, roles)
  } else {
    for (const role of ROLE_VALUES) await reconciler.make(clientName, consentTo([role]), async () => {})
  }

  if (loginName === undefined) return { api, client, login: undefined }
  const login = await ensureApp(graph, reconciler, {
    name: loginName,
    flag: '--client-name',
    body: () => newLogin(loginName, ids ?? NO_IDS),
    differences: (present) => (ids === undefined ? {} : differencesOfLogin(present, ids, loginName)),
  })
  if (login) onRegistered('login', login)
  const loginPrincipal = await presentOrTold(graph, reconciler, loginName, login)
  if (resource !== undefined && loginPrincipal !== undefined) {
    await consentToScopes(graph, reconciler, { client: loginName, principal: loginPrincipal, resource })
  } else await reconciler.make(loginName, `${consentTo(SCOPE_VALUES)}, for all users`, async () => {})
  return { api, client, login }
}

interface AppSpec {
  readonly name: string
  readonly flag: string
  body(): Differences
  /** Members that are set right after it was created. */
  readonly afterwards?: readonly string[]
  differences(present: Application): Differences
}

async function ensureApp(
  graph: GraphClient,
  reconciler: Reconciler,
  { name, flag, body, afterwards = [], differences }: AppSpec,
): Promise<Application | undefined> {
  const app =
    (await findOwn(graph, name, flag)) ??
    (await reconciler.make(name, 'create the app', () =>
      createOnce(graph, { ...body(), displayName: name }, flag),
    ))
  if (app === undefined) {
    for (const member of afterwards) await reconciler.make(name, setting(member), async () => {})
    return undefined
  }
  const changes = differences(app)
  for (const [member, value] of Object.entries(changes)) {
    await reconciler.make(name, setting(member), () => graph.updateApplication(app.id, { [member]: value }))
  }
  return { ...app, ...changes }
}

const setting = (member: string) => `set ${MEMBERS[member] ?? member}`

/** What a person calls the members. */
const MEMBERS: Readonly<Record<string, string>> = {
  identifierUris: 'the identifier URI',
  api: 'scopes and version 2 of its tokens',
  appRoles: 'the app roles',
  optionalClaims: 'the claim idtyp',
  requiredResourceAccess: 'the permissions that it asks for',
  signInAudience: 'that it is for this tenant only',
  isFallbackPublicClient: 'that it may sign users in',
  displayName: 'its name',
  tags: 'the tag by which todo-cli knows it',
}

async function presentOrTold(
  graph: GraphClient,
  reconciler: Reconciler,
  name: string,
  app: Application | undefined,
): Promise<ServicePrincipal | undefined> {
  if (app !== undefined) return presentInTenant(graph, reconciler, app)
  for (const change of PRESENCE) await reconciler.make(name, change, async () => {})
  return undefined
}
