export const VARIANTS = ['tenant', 'oidc-provider', 'oauth2-mock-server'] as const
export type Variant = (typeof VARIANTS)[number]

/** What the parent tells a server process. */
export interface ServerPlan {
  readonly variant: Variant
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
