/**
 * Typed calls to Microsoft Graph: app registrations, their service principals, what they are given.
 *
 * Collections are replaced as a whole by PATCH, so each method that takes one says so.
 */
import { AppError } from '../../core/errors.ts'
import type { Context } from '../context.ts'
import { type Caller, type CallerOptions, callerOf } from './caller.ts'
import { createGraphCalls, type GraphCalls } from './calls.ts'
import { isNotFound, isThereAlready, refusalOf } from './errors.ts'
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
  organization(): Promise<Organization>

  /** With the keys themselves. @throws AppError `app-missing` */
  applicationByAppId(appId: string): Promise<Application>
  findApplication(appId: string): Promise<Application | undefined>
  /** Names are not unique. */
  applicationsNamed(displayName: string): Promise<readonly Application[]>
  /** Not repeated: where the answer is lost, nobody but a look tells whether there is an app now. */
  createApplication(body: Partial<ApplicationBody>): Promise<Application>
  updateApplication(id: string, body: Partial<ApplicationBody>): Promise<void>
  /** It is no error where it is gone already. */
  deleteApplication(id: string): Promise<void>
  /** Replaces the whole collection, as Graph's PATCH does: give it every credential that is to stay. */
  setKeyCredentials(objectId: string, keyCredentials: readonly KeyCredential[]): Promise<void>
  /** Not repeated: a secret whose answer is lost is a secret that nobody has. */
  addPassword(objectId: string, passwordCredential: object): Promise<PasswordCredential>
  removePassword(objectId: string, keyId: string): Promise<void>
  owners(id: string): Promise<readonly { readonly id: string }[]>
  addOwner(id: string, ownerId: string): Promise<void>

  servicePrincipalOf(appId: string): Promise<ServicePrincipal | undefined>
  createServicePrincipal(appId: string): Promise<ServicePrincipal | undefined>
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
  ...['id', 'appId', 'displayName', 'signInAudience', 'identifierUris', 'tags'],
  ...['api', 'appRoles', 'optionalClaims', 'requiredResourceAccess', 'keyCredentials', 'passwordCredentials'],
].join(',')

function graphClient(calls: GraphCalls, { graphUrl, callerId, tenantId }: Caller): GraphClient {
  const application = (id: string) => `/applications/${encodeURIComponent(id)}`
  const principal = (id: string) => `/servicePrincipals/${encodeURIComponent(id)}`
  const list = async <T>(path: string) => (await calls.list(path)) as T[]
  const found = async (filter: string) =>
    list<Application>(`/applications?$filter=${encodeURIComponent(filter)}&$select=${MEMBERS}`)
  const findApplication = async (appId: string) => (await found(`appId eq ${quoted(appId)}`)).map(whole)[0]

  return {
    graphUrl,
    callerId,
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
    async applicationByAppId(appId) {
      const found = await findApplication(appId)
      if (found !== undefined) return found
      throw new AppError('app-missing', `the tenant has no app with the client id ${appId}`, {
        hint: 'check CLIENT_ID and the tenant',
      })
    },
    async applicationsNamed(displayName) {
      return (await found(`displayName eq ${quoted(displayName)}`)).map(whole)
    },
    async createApplication(body) {
      const made = await calls.send({ method: 'POST', path: '/applications', body, right: 'register' })
      return whole(made as Partial<Application>)
    },
    async updateApplication(id, body) {
      await calls.send({ method: 'PATCH', path: application(id), body, right: 'register' })
    },
    async deleteApplication(id) {
      await unlessGone(calls.send({ method: 'DELETE', path: application(id), right: 'register' }))
    },
    async setKeyCredentials(objectId, keyCredentials) {
      const body = { keyCredentials }
      await calls.send({ method: 'PATCH', path: application(objectId), body, right: 'register' })
    },
    async addPassword(objectId, passwordCredential) {
      const path = `${application(objectId)}/addPassword`
      const body = { passwordCredential }
      return (await calls.send({
        method: 'POST',
        path,
        body,
        right: 'register',
      })) as unknown as PasswordCredential
    },
    async removePassword(objectId, keyId) {
      const path = `${application(objectId)}/removePassword`
      await calls.send({ method: 'POST', path, body: { keyId }, right: 'register' })
    },
    owners: (id) => list(`${application(id)}/owners?$select=id`),
    async addOwner(id, ownerId) {
      const path = `${application(id)}/owners/$ref`
      const body = { '@odata.id': `${graphUrl}/directoryObjects/${ownerId}` }
      await unlessThere(calls.send({ method: 'POST', path, body, right: 'register', repeatable: true }))
    },
    async servicePrincipalOf(appId) {
      const filter = encodeURIComponent(`appId eq ${quoted(appId)}`)
      return (
        await list<ServicePrincipal>(`/servicePrincipals?$filter=${filter}&$select=id,appId,displayName`)
      )[0]
    },
    async createServicePrincipal(appId) {
      const sent = calls.send({
        method: 'POST',
        path: '/servicePrincipals',
        body: { appId },
        right: 'register',
        repeatable: true,
      })
      const made = await unlessThere(sent)
      return made as ServicePrincipal | undefined
    },
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
    displayName,
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
