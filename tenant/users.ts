import type { Collection, Store } from './store.ts'

/** A seeded user, who may approve a device code. No password: on this machine it would protect nothing. */
export interface User {
  readonly id: string
  readonly displayName: string
  readonly userPrincipalName: string
}

export function usersIn(store: Store): Collection<User> {
  return store.collection<User>('user')
}
