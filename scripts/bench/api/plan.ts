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
  /** The key that the token is signed with, PEM: for a rival without a JWKS client of its own. */
  readonly key: string
}

export type FromServer =
  | { readonly kind: 'ready'; readonly port: number }
  /** Processor time of the process so far, in microseconds. */
  | { readonly kind: 'cpu'; readonly micros: number }
