import type { KeptToken, TokenCache, TokenKey } from './token-cache.ts'

export interface ThroughCache {
  /** Undefined with `--no-cache`. */
  readonly cache: TokenCache | undefined
  readonly key: TokenKey
  readonly signal: AbortSignal
  /** A token that the API did not take, which is not given again. */
  readonly refused: string | undefined
}

/** A token out of the cache, else a new one, which then is in it. One process at a time asks for the token of a key. */
export async function throughCache(
  { cache, key, signal, refused }: ThroughCache,
  acquire: () => Promise<KeptToken>,
): Promise<KeptToken & { readonly fromCache: boolean }> {
  const usable = async () => {
    const cached = await cache?.get(key)
    return cached && cached.token !== refused ? { ...cached, fromCache: true } : undefined
  }
  const cached = await usable()
  if (cached) return cached
  const lock = await cache?.lock(key, signal)
  try {
    const meanwhile = lock && (await usable())
    if (meanwhile) return meanwhile
    const token = await acquire()
    await cache?.set(key, token)
    return { ...token, fromCache: false }
  } finally {
    lock?.release()
  }
}
