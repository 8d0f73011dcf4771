/** `todo-cli/tenant`: the local tenant as a library, for a test. See docs/local-tenant.md. */

export interface TenantPorts {
  readonly issuer: number
  readonly vault: number
  readonly graph: number
  readonly admin: number
  readonly pages: number
  /** With `cloudNames` only. */
  readonly proxy?: number
}

export interface TenantOptions {
  /** The issuer's port. 0 or absent: any free one. */
  readonly port?: number
  /** The ports of the services, where they have to be fixed; 0 or absent: any free one. */
  readonly ports?: Partial<TenantPorts>
  /** 0700 folder for the state. Without it all is in memory, and nothing is written. */
  readonly stateDir?: string
  /** Start the proxy that leads the cloud's host names here. */
  readonly cloudNames?: boolean
  /** The tenant's source of time. */
  readonly now?: () => Date
  /** Each exchange, with the reason of a refusal, without secrets. */
  readonly onLog?: (record: ExchangeRecord) => void
  /** The admin interface asked for a stop. */
  readonly onStop?: () => void
}

export interface ExchangeRecord {
  /** ISO 8601, by the tenant's clock. */
  readonly time: string
  readonly service: keyof TenantPorts
  readonly id: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly status: number
  readonly milliseconds: number
  /** The service's own code of a refusal, for instance `AADSTS700027`. */
  readonly code?: string
  /** Why it was refused, in a sentence. */
  readonly reason?: string
  /** The app that asked, where that is known. */
  readonly clientId?: string
}

export interface Tenant {
  readonly tenantId: string
  /** `https://localhost:PORT/<tenant id>` */
  readonly authority: string
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly vaultUrl: string
  /** Ends in `/v1.0`. */
  readonly graphUrl: string
  readonly adminUrl: string
  /** Opens the admin interface: the clock, faults, settings, keys. */
  readonly adminToken: string
  readonly ports: TenantPorts
  /** `http://localhost:PORT`, for HTTPS_PROXY; with `cloudNames` only. */
  readonly proxyUrl: string | undefined
  /** What the tenant is called in the cloud: reached through the proxy. */
  readonly cloud: {
    readonly authority: string
    /** External ID, by the tenant's subdomain. */
    readonly ciamAuthority: string
    readonly vaultUrl: string
    readonly graphUrl: string
  }
  /** The managed identity endpoint in its App Service shape: IDENTITY_ENDPOINT, and the secret IDENTITY_HEADER. */
  readonly identityEndpoint: string
  readonly identityHeader: string
  /** The development CA's certificate: what clients trust. */
  readonly caPem: string
  /** A certificate for localhost, 127.0.0.1 and ::1, and its key, for servers of a test. */
  readonly tls: { readonly certPem: string; readonly keyPem: string }
  readonly api: { readonly appId: string; readonly scope: string; readonly identifierUri: string }
  /** The daemon: a secret, a certificate file, and a vault certificate are registered with it; it has both app roles. */
  readonly client: {
    readonly appId: string
    /** Of the service principal: the claims `oid` and `sub` of its tokens. */
    readonly objectId: string
    readonly secret: string
    /** Key and certificate. */
    readonly certificatePem: string
  }
  readonly clientWithoutRole: { readonly appId: string; readonly secret: string }
  /** An identity of its own: opens the vault, and may manage apps in Graph. */
  readonly operator: { readonly appId: string; readonly certificatePem: string }
  /** A public client, for users who sign in by device code; and the users. */
  readonly publicClient: { readonly appId: string }
  readonly users: readonly {
    readonly id: string
    readonly displayName: string
    readonly userPrincipalName: string
  }[]
  /** A non-exportable certificate in the vault, registered with the client. */
  readonly vaultCertificateName: string
  /** Where the secrets were written, with `stateDir` only. */
  readonly files:
    | {
        readonly clientSecret: string
        readonly clientCertificate: string
        readonly operatorCertificate: string
        readonly ca: string
        readonly adminToken: string
      }
    | undefined
  /** Stops it: its ports are free, and its state is on disk, when this is done. */
  close(): Promise<void>
}

/**
 * Starts a tenant, or starts the one in `stateDir` again: same ids, keys and secrets.
 *
 * Rejects with an Error that has a `code` (`setting-invalid`, `local-port-in-use`, `local-start-failed`,
 * `local-state-invalid`, `local-state-in-use`, `output-unwritable`) and a `hint`.
 */
export function startTenant(options?: TenantOptions): Promise<Tenant>
