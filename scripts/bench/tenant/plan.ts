/** `oauth2-mock-server` is made to verify the assertion as the others do; `the same, unverified` is as it comes. */
export const VARIANTS = [
  'tenant',
  'oidc-provider',
  'oauth2-mock-server',
  'the same, unverified',
  'bare node:https',
] as const

/** What the parent tells a server process. */
export interface ServerPlan {
  readonly variant: (typeof VARIANTS)[number]
  /** For the rivals: the tenant brings its own. */
  readonly tls: { readonly certPem: string; readonly keyPem: string }
  readonly caPem: string
}

/** How a client asks this server for a token. */
export interface ReadyServer {
  readonly port: number
  readonly path: string
  readonly caPem: string
  readonly clientId: string
  /** Of the client's certificate: signs the assertions. */
  readonly privateKeyPem: string
  readonly header: Readonly<Record<string, string>>
  readonly audience: string
  readonly form: Readonly<Record<string, string>>
}
