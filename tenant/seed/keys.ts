import type { KeyObject } from 'node:crypto'
import { newRsaKey } from '../rsa.ts'

/** The keys of a new tenant. */
export interface SeedKeys {
  readonly ca: KeyObject
  readonly leaf: KeyObject
  readonly client: KeyObject
  readonly operator: KeyObject
  readonly vault: KeyObject
  readonly signing: readonly [active: KeyObject, next: KeyObject]
}

/** Makes all of them at once, on the threads of the pool: they are what a start waits for. */
export async function newSeedKeys(): Promise<SeedKeys> {
  const [ca, leaf, client, operator, vault, active, next] = await Promise.all([
    ...([newRsaKey(), newRsaKey(), newRsaKey(), newRsaKey(), newRsaKey(), newRsaKey(), newRsaKey()] as const),
  ])
  return { ca, leaf, client, operator, vault, signing: [active, next] }
}
