/** What a new local tenant has in it. */
import { type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import type { buildCertificateRequest } from '../../core/forge/pkcs10.ts'
import type { buildCertificate } from '../../core/forge/x509.ts'
import type { Clock } from '../clock.ts'
import { keyCredential, newSecret, passwordCredential } from '../credentials.ts'
import { createDevCa, type DevCaKeys } from '../dev-ca.ts'
import { openDirectory } from '../directory.ts'
import { putSigningKeys } from '../issuer/keys.ts'
import type { Store } from '../store.ts'
import { usersIn } from '../users.ts'
import { readPolicy } from '../vault/certificate-policy.ts'
import { complete, requestCertificate } from '../vault/issue.ts'
import { ALL_PERMISSIONS, policiesIn } from '../vault/policy.ts'
import { certificatesIn } from '../vault/records.ts'
import {
  assign,
  firstPartyApis,
  GRAPH_APP_ID,
  newApplication,
  newServicePrincipal,
  publicClients,
  todoApi,
} from './applications.ts'
import { clientCertificatePem } from './identity.ts'
import type { SeedKeys } from './keys.ts'

/** The facts of a tenant that its directory does not have. One document, kind `tenant`. */
export interface TenantRecord {
  readonly id: 'tenant'
  readonly tenantId: string
  readonly initialDomain: string
  readonly vaultName: string
  readonly ca: DevCaKeys
  readonly adminToken: string
  readonly apiAppId: string
  readonly client: { readonly appId: string; readonly secret: string; readonly certificatePem: string }
  readonly clientWithoutRole: { readonly appId: string; readonly secret: string }
  readonly operator: { readonly appId: string; readonly certificatePem: string }
  /** For users: no credential. */
  readonly publicClient: { readonly appId: string }
  readonly vaultCertificateName: string
  /** A service principal without an application, as managed identities are. */
  readonly managedIdentity: { readonly appId: string; readonly header: string }
}

export interface SeedDeps {
  readonly store: Store
  readonly clock: Clock
  readonly build: typeof buildCertificate
  readonly buildRequest: typeof buildCertificateRequest
}

export function tenantIn(store: Store) {
  return store.collection<TenantRecord>('tenant')
}

const YEAR = 365 * 24 * 60 * 60 * 1000
const DAEMON = 'todo-daemon'
const INITIAL_DOMAIN = 'contoso.onmicrosoft.com'
const USERS = [
  { displayName: 'Alice Adams', userPrincipalName: 'alice' },
  { displayName: 'Bob Brown', userPrincipalName: 'bob' },
]

/** Fills an empty store, in one transaction: a tenant is there as a whole, or not at all. */
export function seedTenant(keys: SeedKeys, deps: SeedDeps): TenantRecord {
  const { store, clock, build } = deps
  const now = clock.now()
  const created = now.toISOString()
  const lifetime = { startDateTime: now, endDateTime: new Date(now.getTime() + 2 * YEAR) }
  const vaultCertificate = vaultCertificateOver(keys.vault, deps)
  const clientPem = clientCertificatePem(build, DAEMON, keys.client, now)
  const operatorPem = clientCertificatePem(build, 'todo-operator', keys.operator, now)
  const [secret, otherSecret] = [newSecret(), newSecret()]

  const api = todoApi(created)
  const firstParty = firstPartyApis(created)
  const client = newApplication({
    displayName: DAEMON,
    createdDateTime: created,
    passwordCredentials: [passwordCredential(secret, { displayName: 'local', ...lifetime })],
    keyCredentials: [
      keyCredential(certificateOf(clientPem), 'local file'),
      keyCredential(vaultCertificate.versions[0]?.chainPem[0] ?? '', 'local vault'),
    ],
  })
  const clientWithoutRole = newApplication({
    displayName: 'todo-daemon-without-role',
    createdDateTime: created,
    passwordCredentials: [passwordCredential(otherSecret, { displayName: 'local', ...lifetime })],
  })
  const operator = newApplication({
    displayName: 'todo-operator',
    createdDateTime: created,
    keyCredentials: [keyCredential(certificateOf(operatorPem), 'local file')],
  })

  return store.transaction(() => {
    const directory = openDirectory(store)
    const [publicClient, azureCli] = publicClients(created)
    for (const application of [
      api,
      client,
      clientWithoutRole,
      operator,
      publicClient,
      azureCli,
      ...firstParty,
    ]) {
      directory.applications.put(application)
      directory.servicePrincipals.put(newServicePrincipal(application))
    }
    const graph = firstParty.find(({ appId }) => appId === GRAPH_APP_ID)
    assign(directory, client, api, ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'], created)
    if (graph)
      assign(
        directory,
        operator,
        graph,
        graph.appRoles.map(({ value }) => value),
        created,
      )
    putSigningKeys(store, keys.signing, build, now)
    certificatesIn(store).put(vaultCertificate)
    const identity = newServicePrincipal({ appId: randomUUID(), displayName: 'todo-managed-identity' })
    directory.servicePrincipals.put(identity)
    for (const user of USERS) {
      const id = randomUUID()
      usersIn(store).put({ ...user, id, userPrincipalName: `${user.userPrincipalName}@${INITIAL_DOMAIN}` })
      policiesIn(store).put({ id, permissions: ALL_PERMISSIONS, roles: ['Key Vault Administrator'] })
    }
    const operatorOid = directory.servicePrincipalOf(operator.appId)?.id ?? ''
    policiesIn(store).put({
      id: operatorOid,
      permissions: ALL_PERMISSIONS,
      roles: ['Key Vault Administrator'],
    })
    policiesIn(store).put({
      id: identity.id,
      permissions: ALL_PERMISSIONS,
      roles: ['Key Vault Certificate User'],
    })
    const record: TenantRecord = {
      id: 'tenant',
      tenantId: randomUUID(),
      initialDomain: INITIAL_DOMAIN,
      vaultName: 'todo-local',
      ca: createDevCa(build, keys.ca, keys.leaf),
      adminToken: randomBytes(32).toString('base64url'),
      apiAppId: api.appId,
      client: { appId: client.appId, secret, certificatePem: clientPem },
      clientWithoutRole: { appId: clientWithoutRole.appId, secret: otherSecret },
      operator: { appId: operator.appId, certificatePem: operatorPem },
      publicClient: { appId: publicClient.appId },
      vaultCertificateName: vaultCertificate.name,
      managedIdentity: { appId: identity.appId, header: randomBytes(32).toString('base64url') },
    }
    tenantIn(store).put(record)
    return record
  })
}

function vaultCertificateOver(key: KeyObject, deps: SeedDeps) {
  const policy = readPolicy({
    key_props: { exportable: false },
    // Twelve would end before the certificate of the file, or in a year with a leap day after it.
    x509_props: { subject: `CN=${DAEMON}`, validity_months: 6 },
    issuer: { name: 'Self' },
  })
  const record = requestCertificate({ name: DAEMON, policy, enabled: true, tags: {}, key }, undefined, deps)
  return record.pending ? complete(record, record.pending, deps) : record
}

/** The public part of a PEM that has a key before its certificate. */
function certificateOf(pem: string): string {
  return pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'))
}
