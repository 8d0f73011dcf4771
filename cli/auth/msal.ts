/**
 * MSAL Node's ConfidentialClientApplication, with our HTTP as its network module, and its errors translated.
 */
import type { Configuration, INetworkModule, NetworkRequestOptions } from '@azure/msal-node'
import { AppError } from '../../core/errors.ts'
import type { Http, HttpAnswer } from '../http.ts'
import { issuerRefusal } from './aadsts.ts'
import type { Authority } from './authority.ts'
import { discover, parseObject } from './discovery.ts'

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
  const network = new Network(http)
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
    throw network.lastError ?? toAppError(error, authority)
  }
}

/**
 * Loopback needs `knownAuthorities`, for no cloud vouches for it; no other host gets it. External ID gets the tenant id that
 * discovery found, the form of its authority that MSAL 7 accepts.
 */
async function authorityOptions(
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

/**
 * MSAL's network module over our HTTP. MSAL drops the cause of a network failure, so the last error is kept here. Retries
 * are done below it, as MSAL itself would block the client for a minute after one 429 or 503.
 */
class Network implements INetworkModule {
  readonly #http: Http
  #lastError: unknown
  /** The certificate that signed the client assertion, for messages. */
  certificate: string | undefined

  constructor(http: Http) {
    this.#http = http
  }

  get lastError(): unknown {
    return this.#lastError
  }

  fail(error: unknown): void {
    this.#lastError = error
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
    return this.#send<T>('GET', url, options)
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
    return this.#send<T>('POST', url, options)
  }

  async #send<T>(method: 'GET' | 'POST', url: string, options: NetworkRequestOptions = {}) {
    try {
      const { headers, body } = options
      const answer = await this.#http.send('issuer', {
        method,
        url,
        headers: headers ?? {},
        body,
        repeatable: true,
      })
      return {
        status: answer.status,
        headers: { ...answer.headers },
        body: judge(answer, this.certificate) as T,
      }
    } catch (error) {
      this.fail(error)
      throw error
    }
  }
}

/** An Entra error is thrown here, while its whole text is at hand; what is no answer of an issuer never reaches MSAL. */
function judge(answer: HttpAnswer, certificate: string | undefined): Record<string, unknown> {
  const body = parseObject(answer.body)
  if (answer.status === 429 || answer.status >= 500) {
    throw new AppError('issuer-unreachable', `the issuer answers ${answer.status}`, {
      hint: 'try again later',
    })
  }
  if (body === undefined) throw notAnAnswer()
  if (typeof body.error === 'string') throw issuerRefusal(body, { certificate })
  return body
}

function notAnAnswer(): AppError {
  return new AppError('issuer-invalid', 'what answers at the authority is not an issuer', {
    hint: 'check AUTHORITY, and HTTPS_PROXY if there is a proxy',
  })
}

function toAppError(error: unknown, authority: Authority): AppError {
  if (error instanceof AppError) return error
  const code = error instanceof Error && 'errorCode' in error ? String(error.errorCode) : ''
  return new AppError(
    'issuer-invalid',
    `no token could be had from ${authority.url}${code ? ` (${code})` : ''}`,
    {
      hint: 'check AUTHORITY, for instance https://login.microsoftonline.com/TENANT_ID',
      cause: error,
    },
  )
}
