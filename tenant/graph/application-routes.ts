/** https://learn.microsoft.com/graph/api/resources/application */
import type { Answer } from '../http/exchange.ts'
import type { Route } from '../http/router.ts'
import { addKey, removeKey } from './application-credentials.ts'
import {
  createApplication,
  deleteApplication,
  getApplication,
  listApplications,
  listAppRoles,
  updateApplication,
  upsertApplication,
} from './applications.ts'
import type { GraphContext } from './context.ts'
import {
  createFederated,
  deleteFederated,
  getFederated,
  listFederated,
  updateFederated,
  upsertFederated,
} from './federated-credentials.ts'
import { applicationOwners } from './owners.ts'
import { applicationPasswords } from './password-credentials.ts'

export type GraphHandler = (context: GraphContext) => Answer | Promise<Answer>

/** `at` for one address, `on` for one below each application, by object id and by app id. */
export const applicationRoutes = (
  at: (method: string, path: string, handler: GraphHandler) => Route,
  on: (method: string, path: string, handler: GraphHandler) => readonly Route[],
): readonly Route[] => [
  at('GET', 'applications', listApplications),
  at('POST', 'applications', createApplication),
  at('GET', "applications(uniqueName=':uniqueName')", getApplication),
  at('PATCH', "applications(uniqueName=':uniqueName')", upsertApplication),
  ...on('GET', '', getApplication),
  ...on('PATCH', '', updateApplication),
  ...on('DELETE', '', deleteApplication),
  ...on('GET', '/appRoles', listAppRoles),
  ...on('POST', '/addPassword', applicationPasswords.add),
  ...on('POST', '/removePassword', applicationPasswords.remove),
  ...on('POST', '/addKey', addKey),
  ...on('POST', '/removeKey', removeKey),
  ...on('GET', '/owners', applicationOwners.list),
  ...on('POST', '/owners/$ref', applicationOwners.add),
  ...on('DELETE', '/owners/:owner/$ref', applicationOwners.remove),
  ...on('GET', '/federatedIdentityCredentials', listFederated),
  ...on('POST', '/federatedIdentityCredentials', createFederated),
  ...on('PATCH', "/federatedIdentityCredentials(name=':credential')", upsertFederated),
  ...on('GET', '/federatedIdentityCredentials/:credential', getFederated),
  ...on('PATCH', '/federatedIdentityCredentials/:credential', updateFederated),
  ...on('DELETE', '/federatedIdentityCredentials/:credential', deleteFederated),
]
