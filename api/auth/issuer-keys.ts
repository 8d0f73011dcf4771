/**
 * The issuer's metadata and keys, owned by the API: the middleware alone answers 401 when they can't be had, keeps no
 * cause, and holds on to what it fetched first.
 */
import { issuerUnavailable } from './auth-error.ts'
import type { FetchJson } from './fetch-json.ts'
import { discoveryUrl, type IssuerMetadata, readMetadata } from './issuer-metadata.ts'
import { readSigningKeys, type SigningKey } from './signing-keys.ts'

/** What the issuer published at one time. A new object exactly when something in it changed. */
export interface KeySet extends IssuerMetadata {
  readonly keys: readonly SigningKey[]
  readonly kids: ReadonlySet<string>
}

export interface IssuerKeysOptions {
  readonly authority: string
  readonly tenantId: string
  readonly fetchJson: FetchJson
  /** Keys older than this are fetched again, in the background. Default 10 minutes. */
  readonly freshForMs?: number
  /** Known keys keep working for so long after the last success while the issuer is down. Default 24 hours. */
  readonly keepForMs?: number | undefined
  /** At least so long between two fetches, whatever tokens arrive. Default 1 second. */
  readonly coolDownMs?: number
  /** Milliseconds since some fixed time. Default: a clock that nobody sets back, which would stop every fetch. */
  readonly now?: (() => number) | undefined
  readonly onFetch?: (outcome: 'ok' | 'failed', error?: unknown) => void
}

export interface IssuerKeys {
  /**
   * The keys to verify a token with, whose header names `kid`. A kid that is not known is looked for at the issuer,
   * at most once per cool-down; when it is not there either, the set comes back without it and verification fails.
   *
   * @throws AuthError 503 with Retry-After when there are no keys, or none young enough, or the kid can't be looked for
   */
  keysFor(kid: string): Promise<KeySet> | KeySet
  /** The keys at hand that may still be used, without any request. */
  current(): KeySet | undefined
  /** Fetches now, unless the cool-down runs. Never throws. */
  refresh(): Promise<void>
}

export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { authority, tenantId, fetchJson, onFetch } = options
  const { freshForMs = 600_000, keepForMs = 86_400_000, coolDownMs = 1000, now = monotonic } = options
  let known: KeySet | undefined
  let succeededAt = Number.NEGATIVE_INFINITY
  let attemptedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  let running: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    try {
      const metadata = readMetadata(await fetchJson(discoveryUrl(authority)), authority, tenantId)
      const keys = readSigningKeys(await fetchJson(metadata.jwksUri))
      if (known === undefined || !samePublication(known, metadata, keys)) {
        known = { ...metadata, keys, kids: new Set(keys.map(({ kid }) => kid)) }
      }
      succeededAt = now()
      failure = undefined
      onFetch?.('ok')
    } catch (error) {
      failure = error
      onFetch?.('failed', error)
    }
  }

  /** One fetch at a time: whoever comes while it runs waits for the same one. */
  function refresh(): Promise<void> {
    if (running !== undefined) return running
    if (now() - attemptedAt < coolDownMs) return Promise.resolve()
    attemptedAt = now()
    running = fetchKeys().finally(() => {
      running = undefined
    })
    return running
  }

  function current(): KeySet | undefined {
    return now() - succeededAt < keepForMs ? known : undefined
  }

  function unavailable() {
    return issuerUnavailable((attemptedAt + coolDownMs - now()) / 1000, failure)
  }

  async function lookFor(kid: string): Promise<KeySet> {
    await refresh()
    const set = current()
    if (set === undefined || (failure !== undefined && !set.kids.has(kid))) throw unavailable()
    return set
  }

  return {
    current,
    refresh,
    keysFor(kid) {
      const set = current()
      if (set === undefined || !set.kids.has(kid)) return lookFor(kid)
      if (now() - succeededAt >= freshForMs) void refresh()
      return set
    },
  }
}

const monotonic = () => performance.now()

function samePublication(known: KeySet, metadata: IssuerMetadata, keys: readonly SigningKey[]): boolean {
  return (
    known.issuer === metadata.issuer &&
    known.jwksUri === metadata.jwksUri &&
    JSON.stringify(known.keys) === JSON.stringify(keys)
  )
}
