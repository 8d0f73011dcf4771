/** What was deleted, kept for 30 days. https://learn.microsoft.com/graph/api/resources/directory */
import type { Application, ServicePrincipal } from '../directory.ts'
import type { Document } from '../store.ts'
import type { GraphDeps } from './context.ts'

const KEPT_MS = 30 * 24 * 60 * 60 * 1000

export type Deleted<T> = T & { readonly deletedDateTime: string }

interface Bin<T> {
  keep(document: T): void
  get(id: string): Deleted<T> | undefined
  all(): Deleted<T>[]
  purge(id: string): void
}

export function deletedItemsIn(deps: Pick<GraphDeps, 'store' | 'clock'>) {
  return {
    applications: binOf<Application>('deletedApplication', deps),
    servicePrincipals: binOf<ServicePrincipal>('deletedServicePrincipal', deps),
  }
}

function binOf<T extends Document>(
  kind: string,
  { store, clock }: Pick<GraphDeps, 'store' | 'clock'>,
): Bin<T> {
  const kept = store.collection<Deleted<T>>(kind)
  const isKept = ({ deletedDateTime }: Deleted<T>) =>
    clock.now().getTime() < Date.parse(deletedDateTime) + KEPT_MS
  return {
    keep: (document) => kept.put({ ...document, deletedDateTime: clock.now().toISOString() }),
    get: (id) => kept.all().find((each) => each.id === id && isKept(each)),
    all: () => kept.all().filter(isKept),
    purge: (id) => kept.delete(id),
  }
}
