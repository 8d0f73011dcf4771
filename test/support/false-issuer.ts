/** An issuer that says what a test wants it to say, on a real HTTPS socket: for answers that the local tenant never gives. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { startWebServer, type Tls, type WebServer } from './web-server.ts'

export interface FalseIssuer extends WebServer {
  readonly authority: string
}

export interface FalseAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, but for a string, which is sent as it is. */
  readonly body?: unknown
}

/** What a request is answered; undefined cuts the connection, `hang` never answers. */
export type Answering = (request: IncomingMessage) => FalseAnswer | 'hang' | undefined

export interface FalseIssuerOptions {
  readonly tenantId: string
  readonly tls: Tls
  /** Changes to the metadata, or another answer in its place. */
  readonly metadata?: (origin: string) => Readonly<Record<string, unknown>>
  readonly discovery?: Answering
  /** Headers of the metadata. */
  readonly headers?: () => Readonly<Record<string, string>>
  readonly token?: Answering
}

export async function startFalseIssuer(options: FalseIssuerOptions): Promise<FalseIssuer> {
  const { tenantId, tls, metadata = () => ({}), headers = () => ({}), discovery } = options
  const { token = () => ({ status: 404 }) } = options
  const server = await startWebServer((request, response) => {
    if (request.method === 'POST') return answer(token(request), response)
    const { origin } = server
    if (discovery !== undefined) return answer(discovery(request), response)
    return answer(
      { headers: headers(), body: { ...metadataOf(origin, tenantId), ...metadata(origin) } },
      response,
    )
  }, tls)
  return { ...server, authority: `${server.origin}/${tenantId}` }
}

export function metadataOf(origin: string, tenantId: string): Record<string, string> {
  return {
    issuer: `${origin}/${tenantId}/v2.0`,
    token_endpoint: `${origin}/${tenantId}/oauth2/v2.0/token`,
    authorization_endpoint: `${origin}/${tenantId}/oauth2/v2.0/authorize`,
    jwks_uri: `${origin}/${tenantId}/discovery/v2.0/keys`,
  }
}

function answer(given: FalseAnswer | 'hang' | undefined, response: ServerResponse): void {
  if (given === 'hang') return
  if (given === undefined) {
    response.destroy()
    return
  }
  const { status = 200, headers = {}, body = '' } = given
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
