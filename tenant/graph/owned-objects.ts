/** /me/ownedObjects, and those of users and service principals: the apps and service principals that somebody owns. */
import type { Answer } from '../http/exchange.ts'
import { shown } from './applications.ts'
import type { GraphContext } from './context.ts'
import { findUser, signedInUser } from './people.ts'
import { listAnswer } from './query.ts'
import { findServicePrincipal, shownPrincipal } from './service-principals.ts'

const READERS = ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All']

/** Who is signed in may see their own. */
export function myOwnedObjects(context: GraphContext): Answer {
  return ownedBy(context, signedInUser(context).id)
}

export function userOwnedObjects(context: GraphContext): Answer {
  context.allow(...READERS)
  return ownedBy(context, findUser(context).id)
}

export function principalOwnedObjects(context: GraphContext): Answer {
  context.allow(...READERS)
  return ownedBy(context, findServicePrincipal(context).id)
}

function ownedBy(context: GraphContext, id: string): Answer {
  const { applications, servicePrincipals } = context.listed
  const isOwned = ({ owners }: { owners: readonly string[] }) => owners.includes(id)
  return listAnswer(context, 'directoryObjects', [
    ...applications
      .all()
      .filter(isOwned)
      .map((each) => ({ '@odata.type': '#microsoft.graph.application', ...shown(context, each) })),
    ...servicePrincipals
      .all()
      .filter(isOwned)
      .map((each) => ({
        '@odata.type': '#microsoft.graph.servicePrincipal',
        ...shownPrincipal(context, each),
      })),
  ])
}
