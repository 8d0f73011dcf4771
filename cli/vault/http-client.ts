/**
 * The HTTP client under every client of Azure's: traced, bounded in time, following no redirect, and final where trying
 * again can not help.
 */
import { globalAgent } from 'node:http'
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import { AppError, systemCode } from '../../core/errors.ts'
import { type Agents, type AgentsOptions, createAgents } from '../agents.ts'
import { isUntrusted, networkError } from '../network-error.ts'

export interface HttpClientOptions extends AgentsOptions {
  readonly service: 'vault' | 'issuer'
  /** The longest that one request may take, in milliseconds. */
  readonly timeoutMs: number
  /**
   * The connections, where others use them, too. The clients' own agents take HTTP_PROXY for https, and drop the CAs where
   * there is a proxy.
   */
  readonly agents?: Agents | undefined
  /** Told of each exchange: method, URL without its query, status, milliseconds. */
  trace(line: string): void
}

/** The instance metadata service of a virtual machine: where it is, it answers at once. */
const METADATA_HOST = '169.254.169.254'
const METADATA_TIMEOUT_MS = 2000

/** Failures before anything was sent. The clients' own retries would go on for seconds for a name that no server has. */
export const NOT_SENT = ['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ERR_PROXY_TUNNEL']

/** How often the clients of Azure repeat what failed for a moment, and how long they wait, in milliseconds. */
export const RETRIES = { maxRetries: 2, retryDelayInMs: 300, maxRetryDelayInMs: 2000 } as const

/** What is thrown as an AppError ends the clients' retries: they repeat their own RestError only. */
export async function azureHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline')
  const inner = createDefaultHttpClient()
  const { service, timeoutMs, trace } = options
  const agents = options.agents ?? createAgents(options)
  return {
    async sendRequest(request) {
      const { hostname, protocol } = new URL(request.url)
      const isMetadata = hostname === METADATA_HOST
      const limit = isMetadata ? Math.min(METADATA_TIMEOUT_MS, timeoutMs) : timeoutMs
      request.timeout = limit
      request.agent = isMetadata ? globalAgent : agents.to(hostname)[protocol === 'http:' ? 'http' : 'https']
      const started = performance.now()
      const shown = `${request.method} ${request.url.split('?')[0]}`
      const told = (outcome: string) =>
        trace(`${shown} ${outcome} ${Math.round(performance.now() - started)} ms`)
      let response: PipelineResponse
      try {
        response = await inner.sendRequest(request)
      } catch (error) {
        told(`failed: ${systemCode(error) ?? (error instanceof Error ? error.name : 'unknown')}`)
        if (request.abortSignal?.aborted || !(error instanceof Error)) throw error
        const isFinal =
          error.name === 'AbortError' || isUntrusted(error) || NOT_SENT.includes(systemCode(error) ?? '')
        throw isFinal ? networkError(error, service, request.url, limit) : error
      }
      told(String(response.status))
      refuse(request, response, options)
      return response
    },
  }
}

/** A token must not travel to where an answer points, and nobody waits longer than `--timeout` for a busy service. */
function refuse(
  { url }: PipelineRequest,
  { status, headers }: PipelineResponse,
  options: HttpClientOptions,
): void {
  const { service, timeoutMs } = options
  const { origin } = new URL(url)
  if (status >= 300 && status < 400 && headers.has('location')) {
    throw new AppError(
      service === 'vault' ? 'vault-failed' : 'issuer-invalid',
      `${origin} sends elsewhere, which is not followed: a token would go with it`,
      { hint: 'check the address, and HTTPS_PROXY if there is a proxy' },
    )
  }
  const seconds = Number(headers.get('retry-after'))
  if ((status === 429 || status === 503) && seconds * 1000 > timeoutMs) {
    throw new AppError(`${service}-unreachable`, `${origin} is busy, and asks to wait ${seconds} s`, {
      hint: `try again in ${seconds} s`,
    })
  }
}

/**
 * Answers in the vault's place what it has said before: "401, get a token there". Each client of Key Vault begins with a
 * request without a token, to be told so; with several clients, all but the first would ask in vain.
 *
 * https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export async function rememberingChallenge(inner: HttpClient): Promise<HttpClient> {
  const { createHttpHeaders } = await import('@azure/core-rest-pipeline')
  const challenges = new Map<string, string>()
  return {
    async sendRequest(request) {
      const { origin } = new URL(request.url)
      const anonymous = !request.headers.has('authorization')
      const known = challenges.get(origin)
      if (anonymous && known !== undefined) {
        return { request, status: 401, headers: createHttpHeaders({ 'www-authenticate': known }) }
      }
      const response = await inner.sendRequest(request)
      const challenge = response.headers.get('www-authenticate')
      if (anonymous && response.status === 401 && challenge) challenges.set(origin, challenge)
      return response
    },
  }
}
