/**
 * MSAL Node's ConfidentialClientApplication, with our HTTP as its network module, and its errors translated.
 */
import type { Configuration } from '@azure/msal-node'
import { AppError } from '../../core/errors.ts'
import type { Http } from '../http.ts'
import type { Authority } from './authority.ts'
import { discover } from './discovery.ts'
import { Network, notAnAnswer } from './msal-network.ts'

export interface AccessToken {
  readonly token: string
  readonly expiresAt: Date
}

export interface TokenRequest {
  readonly authority: Authority
  readonly clientId: string
  /** `api://<API client id>/.default` */
  readonly scope: string
  readonly credential: Credential
}

/** A client secret, or whoever signs a client assertion for the token endpoint that MSAL names. */
export type Credential =
  | { readonly secret: string }
  | { readonly signAssertion: (tokenEndpoint: string) => Promise<SignedAssertion> }

export interface SignedAssertion {
  readonly assertion: string
  /** The certificate that signed it, for messages. */
  readonly origin: string
}

/**
 * Gets an app-only access token with the client credentials flow (RFC 6749 section 4.4).
 *
 * @throws AppError `issuer-unreachable`, `issuer-invalid`, `issuer-refused`, `tls-untrusted`, or what signing throws
 */
export async function acquireToken(request: TokenRequest, http: Http): Promise<AccessToken> {
  const { authority, clientId, scope, credential } = request
  const network = new Network(http, { clientId, scope })
  const auth = {
    clientId,
    ...(await authorityOptions(authority, http)),
    ...credentialOptions(credential, network),
  }
  const { ConfidentialClientApplication, LogLevel } = await import('@azure/msal-node')
  try {
    const app = new ConfidentialClientApplication({
      auth,
      system: {
        networkClient: network,
        loggerOptions: { logLevel: LogLevel.Error, loggerCallback: () => {}, piiLoggingEnabled: false },
      },
    })
    const result = await app.acquireTokenByClientCredential({ scopes: [scope] })
    if (!result?.accessToken || !result.expiresOn) throw notAnAnswer()
    return { token: result.accessToken, expiresAt: result.expiresOn }
  } catch (error) {
    throw network.lastError ?? (await diagnosed(error, authority, http))
  }
}

/** What MSAL throws of its own, for which it gives a code and no cause: then the metadata is looked at without it. */
export async function diagnosed(error: unknown, authority: Authority, http: Http): Promise<AppError> {
  if (error instanceof AppError || !OPAQUE.includes(codeOf(error))) return toAppError(error, authority)
  try {
    await discover(authority, http)
  } catch (cause) {
    if (cause instanceof AppError) return cause
  }
  return new AppError(
    'issuer-invalid',
    `neither Entra's clouds nor External ID know the host ${authority.host}`,
    {
      hint: 'todo-cli config set authority https://login.microsoftonline.com/TENANT_ID (an external tenant: https://NAME.ciamlogin.com/TENANT_ID)',
      cause: error,
    },
  )
}

const OPAQUE = ['endpoints_resolution_error', 'openid_config_error', 'untrusted_authority', 'network_error']

const codeOf = (error: unknown) =>
  error instanceof Error && 'errorCode' in error ? String(error.errorCode) : ''

/**
 * Loopback needs `knownAuthorities`, for no cloud vouches for it; no other host gets it. External ID gets the tenant id that
 * discovery found, the form of its authority that MSAL 7 accepts.
 */
export async function authorityOptions(
  authority: Authority,
  http: Http,
): Promise<Pick<Configuration['auth'], 'authority' | 'authorityMetadata' | 'knownAuthorities'>> {
  if (authority.kind === 'cloud' || authority.kind === 'other') return { authority: authority.url }
  const { document, tenantId } = await discover(authority, http)
  return {
    authority: `https://${authority.host}/${tenantId}`,
    authorityMetadata: document,
    ...(authority.kind === 'loopback' ? { knownAuthorities: [authority.host] } : {}),
  }
}

function credentialOptions(
  credential: Credential,
  network: Network,
): Pick<Configuration['auth'], 'clientSecret' | 'clientAssertion'> {
  if ('secret' in credential) return { clientSecret: credential.secret }
  return {
    clientAssertion: async ({ tokenEndpoint }) => {
      if (tokenEndpoint === undefined) throw new TypeError('MSAL named no token endpoint')
      try {
        const { assertion, origin } = await credential.signAssertion(tokenEndpoint)
        network.certificate = origin
        return assertion
      } catch (error) {
        network.fail(error)
        throw error
      }
    },
  }
}

function toAppError(error: unknown, authority: Authority): AppError {
  if (error instanceof AppError) return error
  const code = codeOf(error)
  return new AppError(
    'issuer-invalid',
    `no token could be had from ${authority.url}${code ? ` (${code})` : ''}`,
    {
      hint: `${code ? `what it means: todo-cli explain ${code}; ` : ''}see the authority: todo-cli config get authority`,
      cause: error,
    },
  )
}
