/** What the parent tells a server process, and what every server does for one request. */
export const VARIANTS = ['whole', 'no-auth', 'middleware', 'fastify-jwt', 'passport'] as const
export type Variant = (typeof VARIANTS)[number]

export interface ServerPlan {
  readonly variant: Variant
  readonly databaseFile: string
  readonly tenantId: string
  readonly authority: string
  readonly issuer: string
  readonly caPem: string
  readonly clientId: string
  /** The issuer's signing keys in PEM by kid: what a rival without a JWKS client of its own is given. */
  readonly keys: Readonly<Record<string, string>>
}

export type FromServer =
  | { readonly kind: 'ready'; readonly port: number }
  /** Processor time of the process so far, in microseconds. */
  | { readonly kind: 'cpu'; readonly micros: number }
