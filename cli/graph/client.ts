/**
 * Typed calls to Microsoft Graph: app registrations, their service principals, what they are given.
 *
 * Collections are replaced as a whole by PATCH, so each method that takes one says so.
 */
import { AppError } from '../../core/errors.ts'
import type { Context } from '../context.ts'
import { withLimit } from './app-policy.ts'
import { type Caller, type CallerOptions, callerOf } from './caller.ts'
import { createGraphCalls, type GraphCalls } from './calls.ts'
import { GraphRefusal, isNoSuchKey, isNotFound, isThereAlready, refusalOf } from './errors.ts'
import type {
  Application,
  ApplicationBody,
  AppRoleAssignment,
  KeyCredential,
  Organization,
  PasswordCredential,
  PermissionGrant,
  ServicePrincipal,
} from './objects.ts'

export type { Application, KeyCredential } from './objects.ts'

/** Every method throws AppError: `graph-refused`, `graph-unreachable`, `graph-failed`, and those that it names. */
export interface GraphClient {
  readonly graphUrl: string
  /** The object id of who asks: a user, or a service principal. Undefined where its token does not tell. */
  callerId(): Promise<string | undefined>
  /** The tenant of who asks, by its token. */
  tenantId(): Promise<string | undefined>
  organization(): Promise<Organization>

  /** With the keys themselves. @throws AppError `app-missing` */
  applicationByAppId(appId: string): Promise<Application>
  findApplication(appId: string): Promise<Application | undefined>
  /** The client id of the app, or of the service principal, that has this object id. */
  clientIdOf(objectId: string): Promise<string | undefined>
  /** Names are not unique. */
  applicationsNamed(displayName: string): Promise<readonly Application[]>
  /** By the key that its creator chose. */
  applicationByKey(uniqueName: string): Promise<Application | undefined>
  /**
   * Made under a key: done twice, by whomever, there is one app. Where it is there, it is changed to this body.
   *
   * @throws AppError `graph-failed`, isNotYetThere: it is there, and can not be read yet
   */
  createApplication(uniqueName: string, body: Partial<ApplicationBody>): Promise<Application>
  updateApplication(id: string, body: Partial<ApplicationBody>): Promise<void>
  /** It is no error where it is gone already. */
  deleteApplication(id: string): Promise<void>
  /** Those that can be restored. */
  deletedApplications(): Promise<readonly Application[]>
  /** Removes a deleted app or service principal for good. @throws AppError isNotFound: it is not among the deleted (yet) */
  purge(id: string): Promise<void>
  /** Replaces the whole collection, as Graph's PATCH does: give it every credential that is to stay. */
  setKeyCredentials(objectId: string, keyCredentials: readonly KeyCredential[]): Promise<void>
  /** Not repeated: a secret whose answer is lost is a secret that nobody has. */
  addPassword(objectId: string, passwordCredential: object): Promise<PasswordCredential>
  removePassword(objectId: string, keyId: string): Promise<void>
  owners(id: string): Promise<readonly { readonly id: string }[]>
  addOwner(id: string, ownerId: string): Promise<void>

  servicePrincipalOf(appId: string): Promise<ServicePrincipal | undefined>
  /** The one that is there already, where it is. @throws AppError isNotYetThere: it is there, and can not be read yet */
  createServicePrincipal(appId: string): Promise<ServicePrincipal>
  enableServicePrincipal(id: string): Promise<void>
  principalOwners(id: string): Promise<readonly { readonly id: string }[]>
  addPrincipalOwner(id: string, ownerId: string): Promise<void>
  deleteServicePrincipal(id: string): Promise<void>
  /** The app roles that a service principal was given. */
  roleAssignments(principalId: string): Promise<readonly AppRoleAssignment[]>
  /** Who was given app roles of a resource. */
  roleAssignedTo(resourceId: string): Promise<readonly AppRoleAssignment[]>
  assignRole(assignment: Omit<AppRoleAssignment, 'id'>): Promise<void>
  grants(clientId: string): Promise<readonly PermissionGrant[]>
  createGrant(grant: Omit<PermissionGrant, 'id'>): Promise<void>
  updateGrant(id: string, scope: string): Promise<void>
}

/** A client with the identity that opens the vault (`--vault-auth`, the `AZURE_*` variables). */
export async function createGraphClient(context: Context, options: CallerOptions = {}): Promise<GraphClient> {
  const caller = await callerOf(context, options)
  return graphClient(createGraphCalls(caller), caller)
}

const MEMBERS = [
  ...['id', 'appId', 'uniqueName', 'displayName', 'signInAudience', 'identifierUris', 'tags'],
  'isFallbackPublicClient',
  ...['api', 'appRoles', 'optionalClaims', 'requiredResourceAccess', 'keyCredentials', 'passwordCredentials'],
].join(',')

function graphClient(calls: GraphCalls, { graphUrl, callerId, tenantId }: Caller): GraphClient {
  const application = (id: string) => `/applications/${encodeURIComponent(id)}`
  const principal = (id: string) => `/servicePrincipals/${encodeURIComponent(id)}`
  const list = async <T>(path: string) => (await calls.list(path)) as T[]
  const byKey = async (key: string) => {
    const path = `/applications(${encodeURIComponent(key)})?$select=${MEMBERS}`
    const found = await unlessMissing(calls.send({ method: 'GET', path, right: 'read' }))
    return found && whole(found as Partial<Application>)
  }
  const findApplication = (appId: string) => byKey(`appId=${quoted(appId)}`)
  const applicationByKey = (uniqueName: string) => byKey(`uniqueName=${quoted(uniqueName)}`)
  const servicePrincipalOf = async (appId: string) => {
    const key = encodeURIComponent(`appId=${quoted(appId)}`)
    const path = `/servicePrincipals(${key})?$select=id,appId,displayName,accountEnabled`
    return (await unlessMissing(calls.send({ method: 'GET', path, right: 'read' }))) as
      | ServicePrincipal
      | undefined
  }
  const ownersAt = (object: string) => list<{ id: string }>(`${object}/owners?$select=id`)
  const addOwnerAt = async (object: string, ownerId: string) => {
    const path = `${object}/owners/$ref`
    const body = { '@odata.id': `${graphUrl}/directoryObjects/${ownerId}` }
    await unlessThere(calls.send({ method: 'POST', path, body, right: 'register', repeatable: true }))
  }

  return {
    graphUrl,
    callerId,
    tenantId,
    async organization() {
      // An app that may manage only what it owns may not read the organization; its token says the tenant's id.
      const found = await list<Organization>('/organization').catch(async (error: unknown) => {
        const id = refusalOf(error)?.status === 403 ? await tenantId() : undefined
        if (id === undefined) throw error
        return [{ id, displayName: id }]
      })
      const [organization] = found
      if (organization !== undefined) return organization
      throw new AppError('graph-failed', 'Microsoft Graph does not say which tenant it is', {
        hint: 'sign in to a tenant: az login --tenant TENANT_ID --allow-no-subscriptions',
      })
    },
    findApplication,
    async clientIdOf(objectId) {
      for (const path of [application(objectId), principal(objectId)]) {
        const sent = calls.send({ method: 'GET', path: `${path}?$select=appId`, right: 'read' })
        const { appId } = (await unlessMissing(sent)) ?? {}
        if (typeof appId === 'string') return appId
      }
      return undefined
    },
    async applicationByAppId(appId) {
      const found = await findApplication(appId)
      if (found !== undefined) return found
      throw new AppError('app-missing', `the tenant has no app with the client id ${appId}`, {
        hint: 'check CLIENT_ID and the tenant',
        cause: new GraphRefusal(404, undefined, [], 'not found by its key'),
      })
    },
    async applicationsNamed(displayName) {
      const filter = encodeURIComponent(`displayName eq ${quoted(displayName)}`)
      const found = await list<Application>(`/applications?$filter=${filter}&$select=${MEMBERS}`)
      return found.map(whole)
    },
    applicationByKey,
    async createApplication(uniqueName, body) {
      const path = `/applications(${encodeURIComponent(`uniqueName=${quoted(uniqueName)}`)})`
      const prefer = 'create-if-missing'
      const made = await calls.send({ method: 'PATCH', path, body, prefer, right: 'register' })
      if (made.id !== undefined) return whole(made as Partial<Application>)
      return (await applicationByKey(uniqueName)) ?? notYetThere('the app')
    },
    async updateApplication(id, body) {
      await calls.send({ method: 'PATCH', path: application(id), body, right: 'register' })
    },
    async deleteApplication(id) {
      await unlessGone(calls.send({ method: 'DELETE', path: application(id), right: 'register' }))
    },
    async deletedApplications() {
      const found = await list<Application>(
        `/directory/deletedItems/microsoft.graph.application?$select=${MEMBERS}`,
      )
      return found.map(whole)
    },
    async purge(id) {
      const path = `/directory/deletedItems/${encodeURIComponent(id)}`
      await calls.send({ method: 'DELETE', path, right: 'purge' })
    },
    async setKeyCredentials(objectId, keyCredentials) {
      const body = { keyCredentials }
      const path = application(objectId)
      await calls.send({ method: 'PATCH', path, body, right: 'register' }).catch(async (error: unknown) => {
        throw await withLimit(error, calls, 'keyCredentials')
      })
    },
    async addPassword(objectId, passwordCredential) {
      const path = `${application(objectId)}/addPassword`
      const body = { passwordCredential }
      const sent = calls.send({ method: 'POST', path, body, right: 'register' })
      const made = await sent.catch(async (error: unknown) => {
        throw await withLimit(error, calls, 'passwordCredentials')
      })
      return made as unknown as PasswordCredential
    },
    async removePassword(objectId, keyId) {
      const path = `${application(objectId)}/removePassword`
      const sent = calls.send({ method: 'POST', path, body: { keyId }, right: 'register', repeatable: true })
      await sent.catch((error: unknown) => {
        if (!isNoSuchKey(error)) throw error
      })
    },
    owners: (id) => ownersAt(application(id)),
    addOwner: (id, ownerId) => addOwnerAt(application(id), ownerId),
    servicePrincipalOf,
    async createServicePrincipal(appId) {
      const sent = calls.send({
        method: 'POST',
        path: '/servicePrincipals',
        body: { appId },
        right: 'register',
        repeatable: true,
      })
      const made = (await unlessThere(sent)) as ServicePrincipal | undefined
      return made ?? (await servicePrincipalOf(appId)) ?? notYetThere('the service principal')
    },
    async enableServicePrincipal(id) {
      const body = { accountEnabled: true }
      await calls.send({ method: 'PATCH', path: principal(id), body, right: 'register' })
    },
    principalOwners: (id) => ownersAt(principal(id)),
    addPrincipalOwner: (id, ownerId) => addOwnerAt(principal(id), ownerId),
    async deleteServicePrincipal(id) {
      await unlessGone(calls.send({ method: 'DELETE', path: principal(id), right: 'register' }))
    },
    roleAssignments: (id) => list(`${principal(id)}/appRoleAssignments`),
    roleAssignedTo: (id) => list(`${principal(id)}/appRoleAssignedTo`),
    async assignRole(body) {
      const path = `${principal(body.principalId)}/appRoleAssignments`
      await unlessThere(calls.send({ method: 'POST', path, body, right: 'assign', repeatable: true }))
    },
    async grants(clientId) {
      const filter = encodeURIComponent(`clientId eq ${quoted(clientId)}`)
      return list<PermissionGrant>(`/oauth2PermissionGrants?$filter=${filter}`)
    },
    async createGrant(body) {
      const path = '/oauth2PermissionGrants'
      await unlessThere(calls.send({ method: 'POST', path, body, right: 'grant', repeatable: true }))
    },
    async updateGrant(id, scope) {
      const path = `/oauth2PermissionGrants/${encodeURIComponent(id)}`
      await calls.send({ method: 'PATCH', path, body: { scope }, right: 'grant' })
    },
  }
}

/** A text in a filter. https://learn.microsoft.com/graph/query-parameters: a quote is doubled. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** Graph leaves out what is empty in some answers; nothing here has to ask twice. */
function whole(application: Partial<Application>): Application {
  const { id, appId, displayName = '', api } = application
  if (typeof id !== 'string' || typeof appId !== 'string') {
    throw new AppError('graph-failed', 'Microsoft Graph answers with an app that has no id', {
      hint: 'check the address: --graph-url URL',
    })
  }
  return {
    id,
    appId,
    uniqueName: application.uniqueName ?? null,
    displayName,
    isFallbackPublicClient: application.isFallbackPublicClient ?? false,
    signInAudience: application.signInAudience ?? 'AzureADMyOrg',
    identifierUris: application.identifierUris ?? [],
    tags: application.tags ?? [],
    api: {
      requestedAccessTokenVersion: api?.requestedAccessTokenVersion ?? null,
      oauth2PermissionScopes: api?.oauth2PermissionScopes ?? [],
    },
    appRoles: application.appRoles ?? [],
    optionalClaims: application.optionalClaims ?? null,
    requiredResourceAccess: application.requiredResourceAccess ?? [],
    keyCredentials: application.keyCredentials ?? [],
    passwordCredentials: application.passwordCredentials ?? [],
  }
}

async function unlessMissing<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent
  } catch (error) {
    // In Graph's own words: at a wrong address there is a 404 of another kind.
    if (isNotFound(error) && refusalOf(error)?.codes.includes('Request_ResourceNotFound')) return undefined
    throw error
  }
}

/** Graph says that it is there, and another of its servers has not heard of it: worth another try. */
function notYetThere(what: string): never {
  throw new AppError('graph-failed', `${what} was made, and can not be read yet`, {
    hint: 'run the same command again in a minute',
    cause: new GraphRefusal(404, undefined, [], 'not found by its key'),
  })
}

async function unlessThere<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent
  } catch (error) {
    if (isThereAlready(error)) return undefined
    throw error
  }
}

async function unlessGone(sent: Promise<unknown>): Promise<void> {
  try {
    await sent
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
