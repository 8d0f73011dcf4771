/**
 * Eventual consistency: what Graph changes, the issuer sees a while later. In the cloud a new secret or a new service
 * principal takes 4 to 18 seconds (entra.md 2.7).
 */
import type { Clock } from './clock.ts'
import { type Directory, type DirectoryCollections, directoryOver } from './directory.ts'
import type { Settings } from './settings.ts'
import type { Collection, Document } from './store.ts'

export interface Propagation {
  /** Through which Graph changes the directory. */
  readonly graph: Directory
  /** As the issuer sees it. */
  readonly issuer: Directory
}

export function createPropagation(
  collections: DirectoryCollections,
  settings: Settings,
  clock: Clock,
): Propagation {
  const delayed = <T extends Document>(collection: Collection<T>) =>
    delayedCollection(collection, settings, clock)
  const applications = delayed(collections.applications)
  const servicePrincipals = delayed(collections.servicePrincipals)
  const appRoleAssignments = delayed(collections.appRoleAssignments)
  const grants = delayed(collections.grants)
  return {
    graph: directoryOver({
      applications: applications.writer,
      servicePrincipals: servicePrincipals.writer,
      appRoleAssignments: appRoleAssignments.writer,
      grants: grants.writer,
    }),
    issuer: directoryOver({
      applications: applications.reader,
      servicePrincipals: servicePrincipals.reader,
      appRoleAssignments: appRoleAssignments.reader,
      grants: grants.reader,
    }),
  }
}

/** A document as it was, until a time in milliseconds since 1970. */
interface Former<T> {
  readonly document: T | undefined
  readonly until: number
}

function delayedCollection<T extends Document>(collection: Collection<T>, settings: Settings, clock: Clock) {
  const former = new Map<string, Former<T>>()
  const now = () => clock.now().getTime()
  const remember = (id: string) => {
    const { propagationDelayMs } = settings.get()
    const known = former.get(id)
    if (propagationDelayMs === 0 || (known !== undefined && now() < known.until)) return
    former.set(id, { document: collection.get(id), until: now() + propagationDelayMs })
  }
  const writer: Collection<T> = {
    ...collection,
    put: (document) => {
      remember(document.id)
      collection.put(document)
    },
    delete: (id) => {
      remember(id)
      collection.delete(id)
    },
  }
  const seen = (id: string): T | undefined => {
    const old = former.get(id)
    if (old === undefined) return collection.get(id)
    if (now() < old.until) return old.document
    former.delete(id)
    return collection.get(id)
  }
  const reader: Collection<T> = {
    ...collection,
    get: seen,
    all: () => {
      if (former.size === 0) return collection.all()
      const ids = new Set([...collection.all().map(({ id }) => id), ...former.keys()])
      return [...ids].flatMap((id) => seen(id) ?? [])
    },
  }
  return { writer, reader }
}
