/**
 * /directory/deletedItems: what was deleted can be found, and removed for good, for 30 days.
 *
 * https://learn.microsoft.com/graph/api/resources/directory
 */
import type { Answer } from '../http/exchange.ts'
import { shown } from './applications.ts'
import type { GraphContext } from './context.ts'
import { denied, notFound } from './errors.ts'
import { entityAnswer, listAnswer } from './query.ts'
import { deletedItemsIn } from './recycle-bin.ts'
import { shownPrincipal } from './service-principals.ts'

const READERS = ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All']

export function listDeletedApplications(context: GraphContext): Answer {
  context.allow(...READERS)
  const found = deletedItemsIn(context.deps).applications.all()
  return listAnswer(
    context,
    'applications',
    found.map((each) => shown(context, each)),
  )
}

export function listDeletedServicePrincipals(context: GraphContext): Answer {
  context.allow(...READERS)
  const found = deletedItemsIn(context.deps).servicePrincipals.all()
  return listAnswer(
    context,
    'servicePrincipals',
    found.map((each) => shownPrincipal(context, each)),
  )
}

export function getDeleted(context: GraphContext): Answer {
  context.allow(...READERS)
  const { application, principal } = findDeleted(context)
  const entity = application ? shown(context, application) : principal && shownPrincipal(context, principal)
  return entityAnswer(200, context, 'directoryObjects', entity ?? {})
}

/** For good. Its owner may, too. */
export function purgeDeleted(context: GraphContext): Answer {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const { application, principal } = findDeleted(context)
  const { id = '', owners = [] } = application ?? principal ?? {}
  if (!context.holds('Application.ReadWrite.All') && !owners.includes(context.caller.oid)) throw denied()
  const bins = deletedItemsIn(context.deps)
  bins.applications.purge(id)
  bins.servicePrincipals.purge(id)
  return { status: 204 }
}

function findDeleted({ deps, request }: GraphContext) {
  const id = (request.params.id ?? '').toLowerCase()
  const bins = deletedItemsIn(deps)
  const [application, principal] = [bins.applications.get(id), bins.servicePrincipals.get(id)]
  if (application === undefined && principal === undefined) throw notFound(id)
  return { application, principal }
}
