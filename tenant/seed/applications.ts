/** The app registrations of a new tenant. */
import { randomUUID } from 'node:crypto'
import type { Application, AppRole, AppRoleAssignment, Directory, ServicePrincipal } from '../directory.ts'

const AZURE_CLI_APP_ID = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
const VAULT_APP_ID = 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093'
const MANAGEMENT_APP_ID = '797f4846-ba00-4fd7-ba43-dac1f8f63013'
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000'

type Fields = Partial<Application> & Pick<Application, 'displayName' | 'createdDateTime'>

/** An application with everything unset but what is given. */
export function newApplication(fields: Fields): Application {
  return {
    id: randomUUID(),
    appId: randomUUID(),
    signInAudience: 'AzureADMyOrg',
    identifierUris: [],
    isFallbackPublicClient: false,
    api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [], preAuthorizedApplications: [] },
    appRoles: [],
    requiredResourceAccess: [],
    optionalClaims: null,
    keyCredentials: [],
    passwordCredentials: [],
    federatedCredentials: [],
    owners: [],
    others: {},
    ...fields,
  }
}

/** Its service principal, which is what is in the tenant. */
export function newServicePrincipal({
  appId,
  displayName,
}: Pick<Application, 'appId' | 'displayName'>): ServicePrincipal {
  return {
    id: randomUUID(),
    appId,
    displayName,
    accountEnabled: true,
    appRoleAssignmentRequired: false,
    owners: [],
  }
}

/** The todo API, as Microsoft's sample registers it: v2.0 tokens, two scopes, two app roles, the claim `idtyp`. */
export function todoApi(createdDateTime: string): Application {
  const appId = randomUUID()
  return newApplication({
    appId,
    displayName: 'todo-api',
    createdDateTime,
    identifierUris: [`api://${appId}`],
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        scope('ToDoList.Read', 'Read your todos'),
        scope('ToDoList.ReadWrite', 'Read and change your todos'),
      ],
      preAuthorizedApplications: [],
    },
    appRoles: [
      appRole('ToDoList.Read.All', 'Read all todos'),
      appRole('ToDoList.ReadWrite.All', 'Read and change all todos'),
    ],
    optionalClaims: { accessToken: [{ name: 'idtyp' }] },
  })
}

/** The vault, Graph and Azure's management as resources: v1.0 tokens, and the roles that managing apps needs. */
export function firstPartyApis(createdDateTime: string): Application[] {
  return [
    newApplication({
      appId: VAULT_APP_ID,
      displayName: 'Azure Key Vault',
      createdDateTime,
      identifierUris: ['https://vault.azure.net'],
      api: delegated(
        [['f53da476-18e3-4152-8e01-aec403e6edc0', 'user_impersonation']],
        ['user_impersonation'],
      ),
    }),
    newApplication({
      appId: GRAPH_APP_ID,
      displayName: 'Microsoft Graph',
      createdDateTime,
      identifierUris: ['https://graph.microsoft.com'],
      api: delegated(GRAPH_SCOPES, AZURE_CLI_SCOPES),
      optionalClaims: { accessToken: [{ name: 'idtyp' }] },
      appRoles: GRAPH_ROLES.map(([id, value]) => appRole(value, value, id)),
    }),
    newApplication({
      appId: MANAGEMENT_APP_ID,
      displayName: 'Windows Azure Service Management API',
      createdDateTime,
      identifierUris: ['https://management.azure.com/', 'https://management.core.windows.net/'],
      api: delegated(
        [['41094075-9dad-400e-a0bd-54e686782033', 'user_impersonation']],
        ['user_impersonation'],
      ),
    }),
  ]
}

/** The ids are the same in every tenant (https://learn.microsoft.com/graph/permissions-reference). */
const GRAPH_ROLES = [
  ['1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9', 'Application.ReadWrite.All'],
  ['9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30', 'Application.Read.All'],
  ['18a4783c-866b-4cc7-a460-3d5e5662c884', 'Application.ReadWrite.OwnedBy'],
  ['06b708a9-e830-4db3-a914-8e69da51d44f', 'AppRoleAssignment.ReadWrite.All'],
  ['8e8e4742-1d95-4f68-9d56-6ee75648c72a', 'DelegatedPermissionGrant.ReadWrite.All'],
  ['7ab1d382-f21e-4acd-a863-ba3e13f7da61', 'Directory.Read.All'],
  ['246dd0d5-5bd0-4def-940b-0421030a5b68', 'Policy.Read.All'],
  ['be74164b-cff1-491c-8741-e671cb536e13', 'Policy.ReadWrite.ApplicationConfiguration'],
] as const

const GRAPH_SCOPES = [
  ['e1fe6dd8-ba31-4d61-89e7-88639da4683d', 'User.Read'],
  ['a154be20-db9c-4678-8ab7-66f6cc099a59', 'User.Read.All'],
  ['bdfbf15f-ee85-4955-8675-146e8e5296b5', 'Application.ReadWrite.All'],
  ['c79f8feb-a9db-4090-85f9-90d820caa0eb', 'Application.Read.All'],
  ['84bccea3-f856-4a8a-967b-dbe0a3d53a64', 'AppRoleAssignment.ReadWrite.All'],
  ['41ce6ca6-6826-4807-84f1-1c82854f7ee5', 'DelegatedPermissionGrant.ReadWrite.All'],
  ['06da0dbc-49e2-44d2-8312-53f166ab848a', 'Directory.Read.All'],
] as const

/** What a token of `az` for Graph has in its `scp`, as far as the tenant has it. */
const AZURE_CLI_SCOPES = [
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'User.Read.All',
]

/** The scopes of a resource that never chose a token version, and those for which `az` needs no consent. */
function delegated(
  scopes: readonly (readonly [id: string, value: string])[],
  preAuthorized: readonly string[],
): Application['api'] {
  const oauth2PermissionScopes = scopes.map(([id, value]) => scope(value, value, id))
  const delegatedPermissionIds = scopes.filter(([, value]) => preAuthorized.includes(value)).map(([id]) => id)
  const preAuthorizedApplications = [{ appId: AZURE_CLI_APP_ID, delegatedPermissionIds }]
  return { requestedAccessTokenVersion: null, oauth2PermissionScopes, preAuthorizedApplications }
}

/** Public clients: the CLI's own, and the one that `az` and @azure/identity use where none is named. */
export function publicClients(createdDateTime: string): [own: Application, azureCli: Application] {
  const publicClient = { isFallbackPublicClient: true, createdDateTime }
  return [
    newApplication({ displayName: 'todo-cli', ...publicClient }),
    newApplication({ appId: AZURE_CLI_APP_ID, displayName: 'Microsoft Azure CLI', ...publicClient }),
  ]
}

function scope(value: string, text: string, id: string = randomUUID()) {
  return {
    id,
    value,
    isEnabled: true,
    type: 'Admin',
    adminConsentDisplayName: text,
    adminConsentDescription: text,
  }
}

function appRole(value: string, text: string, id: string = randomUUID()): AppRole {
  return {
    id,
    value,
    isEnabled: true,
    displayName: text,
    description: text,
    allowedMemberTypes: ['Application'],
  }
}

/** Gives a client every role of the resource that is named. */
export function assign(
  directory: Directory,
  client: Application,
  resource: Application,
  roles: readonly string[],
  createdDateTime: string,
): void {
  const principalId = directory.servicePrincipalOf(client.appId)?.id
  const resourceId = directory.servicePrincipalOf(resource.appId)?.id
  for (const { id, value } of resource.appRoles) {
    if (!roles.includes(value) || principalId === undefined || resourceId === undefined) continue
    const assignment: AppRoleAssignment = {
      id: randomUUID(),
      principalId,
      resourceId,
      appRoleId: id,
      createdDateTime,
    }
    directory.appRoleAssignments.put(assignment)
  }
}
