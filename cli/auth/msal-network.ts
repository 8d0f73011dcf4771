/** How MSAL Node reaches the issuer: over our HTTP, its errors told in full. */
import type { INetworkModule, NetworkRequestOptions } from '@azure/msal-node'
import { AppError } from '../../core/errors.ts'
import type { Http, HttpAnswer } from '../http.ts'
import { parseObject } from '../parse-object.ts'
import { issuerRefusal, type RefusedRequest } from './aadsts.ts'

export interface NetworkOptions extends Pick<RefusedRequest, 'clientId' | 'scope'> {
  /** Answers of the issuer that MSAL itself waits for, by their `error`. */
  readonly passed?: readonly string[]
}

/**
 * MSAL's network module over our HTTP. MSAL drops the cause of a network failure, so the last error is kept here. Retries
 * are done below it, as MSAL itself would block the client for a minute after one 429 or 503.
 */
export class Network implements INetworkModule {
  readonly #http: Http
  readonly #about: NetworkOptions
  #lastError: unknown
  /** The certificate that signed the client assertion, for messages. */
  certificate: string | undefined

  constructor(http: Http, about: NetworkOptions) {
    this.#http = http
    this.#about = about
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
        body: judge(answer, { ...this.#about, certificate: this.certificate }) as T,
      }
    } catch (error) {
      this.fail(error)
      throw error
    }
  }
}

/** An Entra error is thrown here, while its whole text is at hand; what is no answer of an issuer never reaches MSAL. */
function judge(
  answer: HttpAnswer,
  { passed = [], ...request }: NetworkOptions & RefusedRequest,
): Record<string, unknown> {
  const body = parseObject(answer.body)
  if (answer.status === 429 || answer.status >= 500) {
    throw new AppError('issuer-unreachable', `the issuer answers ${answer.status}`, {
      hint: 'try again later',
    })
  }
  if (body === undefined) throw notAnAnswer()
  if (typeof body.error === 'string' && !passed.includes(body.error)) throw issuerRefusal(body, request)
  return body
}

export function notAnAnswer(): AppError {
  return new AppError('issuer-invalid', 'what answers at the authority is not an issuer', {
    hint: 'see the authority: todo-cli config get authority; and HTTPS_PROXY, if there is a proxy',
  })
}
