import type { IncomingHttpHeaders } from 'node:http'

/** `pages` is plain HTTP; the others are HTTPS. */
export type ServiceName = 'issuer' | 'vault' | 'graph' | 'admin' | 'pages'

/** One request, as the handlers of all services see it. */
export interface TenantRequest {
  /** A GUID for this exchange: Entra's trace id, the `x-ms-request-id` of the vault and of Graph. */
  readonly id: string
  readonly method: string
  /** The host that was asked for, in lower case, with its port where it has one. */
  readonly host: string
  /** Decoded, without query, trailing and doubled slashes removed. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** What the route's `:names` matched. */
  readonly params: Readonly<Record<string, string>>
  /** Reads the body. A handler calls it after it knows that the caller may send one. @throws BodyTooLarge */
  body(): Promise<Buffer>
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** What the log may say about this exchange, beside its status. Never a secret. */
  readonly note?: ExchangeNote
}

export interface ExchangeNote {
  /** The service's own code of a refusal, for instance `AADSTS700027`. */
  readonly code?: string
  /** Why it was refused, in a sentence. */
  readonly reason?: string
  /** The app that asked, where that is known. */
  readonly clientId?: string
}

/** One line of `local logs`. Holds no query, no header and no body, so no secret. */
export interface ExchangeRecord extends ExchangeNote {
  /** ISO 8601, by the tenant's clock. */
  readonly time: string
  readonly service: ServiceName | 'proxy'
  readonly id: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly status: number
  readonly milliseconds: number
}

export type Handler = (request: TenantRequest) => Answer | Promise<Answer>

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return jsonText(status, JSON.stringify(value), headers)
}

/** A JSON answer that is text already. */
export function jsonText(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body }
}

/** An answer in plain text, for what has no other shape. */
export function plain(status: number, reason: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: `${reason}\n`,
    note: { reason },
  }
}

/** The address takes other methods; the listener adds which. */
export function otherMethod(): Answer {
  return plain(405, 'This address takes another method.')
}

/** The body is larger than {@link BODY_MAX}. Each service answers it in its own shape. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/** The most that any body may have, in bytes: a PFX of a long chain stays far below it. */
export const BODY_MAX = 256 * 1024
