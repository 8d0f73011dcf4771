import type { FetchJson } from './fetch-json.ts'

export interface GuardOptions {
  /** `https://host/<tenant id>`. */
  readonly authority: string
  readonly tenantId: string
  /** Who the tokens are for: the API's client id, and `api://<client id>`. */
  readonly audience: readonly string[]
  readonly fetchJson: FetchJson
  /** More tenants whose tokens are accepted, each with its own issuer and keys at the same host. */
  readonly allowedTenants?: readonly string[]
  /** Client apps that may call. Empty: any. */
  readonly allowedClients?: readonly string[]
  /** Accepts v1.0 tokens too, of this issuer: `https://sts.windows.net/<tenant id>/` in the public cloud. */
  readonly v1Issuer?: ((tenantId: string) => string) | undefined
  /** How long known keys keep working while the issuer is down, in milliseconds. */
  readonly keepKeysForMs?: number | undefined
  /** Counts what happens; called without any token or claim. */
  readonly onEvent?: (event: GuardEvent) => void
  /** `false` verifies every token anew. Default true. */
  readonly cacheTokens?: boolean
  readonly now?: () => number
}

export type GuardEvent =
  | { readonly kind: 'cache'; readonly hit: boolean }
  | { readonly kind: 'keys'; readonly outcome: 'ok' | 'failed'; readonly error?: unknown }
