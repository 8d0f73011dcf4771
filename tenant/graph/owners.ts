/** Owners of applications and service principals, by reference. */
import type { Answer } from '../http/exchange.ts'
import { findApplication, findManaged } from './applications.ts'
import { type GraphContext, readJson } from './context.ts'
import { directoryObject, ownersOf } from './directory-objects.ts'
import { badRequest, notFound } from './errors.ts'
import { listAnswer } from './query.ts'
import { findManagedPrincipal, findServicePrincipal } from './service-principals.ts'

interface Owned {
  readonly owners: readonly string[]
}

interface Managed extends Owned {
  put(owners: readonly string[]): void
}

/** Where owners are kept: the same rules for both kinds. */
interface Kind {
  listed(context: GraphContext): Owned
  managed(context: GraphContext): Managed
}

const APPLICATION: Kind = {
  listed: (context) => {
    const application = findApplication(context)
    return context.listed.applications.get(application.id) ?? application
  },
  managed: (context) => {
    const present = findManaged(context)
    return {
      owners: present.owners,
      put: (owners) => context.directory.applications.put({ ...present, owners }),
    }
  },
}

const PRINCIPAL: Kind = {
  listed: (context) => {
    const principal = findServicePrincipal(context)
    return context.listed.servicePrincipals.get(principal.id) ?? principal
  },
  managed: (context) => {
    const present = findManagedPrincipal(context)
    return {
      owners: present.owners,
      put: (owners) => context.directory.servicePrincipals.put({ ...present, owners }),
    }
  },
}

/** The three calls on the owners of one kind. */
function callsOn(kind: Kind) {
  return {
    list(context: GraphContext): Answer {
      context.allow(
        'Application.Read.All',
        'Application.ReadWrite.All',
        'Application.ReadWrite.OwnedBy',
        'Directory.Read.All',
      )
      const { owners } = kind.listed(context)
      return listAnswer(context, 'directoryObjects', ownersOf(context, owners))
    },
    async add(context: GraphContext): Promise<Answer> {
      kind.managed(context)
      const { '@odata.id': reference } = await readJson(context.request)
      // Again: another call may have changed it while the body came.
      const { owners, put } = kind.managed(context)
      const id = /\/(?:directoryObjects|users|servicePrincipals)\/([0-9a-f-]{36})$/i
        .exec(String(reference))?.[1]
        ?.toLowerCase()
      if (id === undefined) throw badRequest("Invalid value specified for property '@odata.id'.")
      if (directoryObject(context, id) === undefined) throw notFound(id)
      if (owners.includes(id)) {
        throw badRequest(
          "One or more added object references already exist for the following modified properties: 'owners'.",
        )
      }
      put([...owners, id])
      return { status: 204 }
    },
    remove(context: GraphContext): Answer {
      const { owners, put } = kind.managed(context)
      const owner = (context.request.params.owner ?? '').toLowerCase()
      if (!owners.includes(owner)) throw notFound(owner)
      put(owners.filter((id) => id !== owner))
      return { status: 204 }
    },
  }
}

export const applicationOwners = callsOn(APPLICATION)
export const principalOwners = callsOn(PRINCIPAL)
