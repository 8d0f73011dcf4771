/** The API in this process on a free port, and one-line calls to it. */
import { expect } from 'vitest'
import type { ApiConfig } from '../../api/config.ts'
import { type Api, startApi } from '../../api/server.ts'
import type { TestIssuer } from './issuer.ts'

export interface TestApi extends Api {
  readonly origin: string
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly headers?: Record<string, string>
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body, or undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read many shapes out of it
  readonly json: any
}

/** For `expect.poll`: long enough for a busy machine; what is waited for comes sooner. */
export const soon = { timeout: 15_000, interval: 20 }

/** Plain HTTP on loopback, so that a test needs no CA to call it; the issuer is over HTTPS. */
export async function startTestApi(
  issuer: Pick<TestIssuer, 'tenantId' | 'authority' | 'clientId' | 'caPem'>,
  config: Partial<ApiConfig> = {},
): Promise<TestApi> {
  const api = await startApi({
    tenantId: issuer.tenantId,
    authority: issuer.authority,
    clientId: issuer.clientId,
    caPem: issuer.caPem,
    port: 0,
    databaseUrl: 'sqlite::memory:',
    corsOrigins: [],
    allowedClients: [],
    allowedTenants: [],
    seedExamples: false,
    ...config,
  })
  const origin = `http://127.0.0.1:${api.port}`
  return { ...api, origin, call: (method, path, options) => call(`${origin}${path}`, method, options) }
}

export async function call(url: string, method: string, options: CallOptions = {}): Promise<Answer> {
  const { token, body } = options
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? undefined : JSON.parse(text),
  }
}

/** Asserts a problem: its status and code, its media type, and that it tells nothing of the inside. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.json?.code }).toEqual({ status, code })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.json).toMatchObject({ type: `urn:todo-api:problem:${code}`, status })
  expect(answer.json.title).toEqual(expect.any(String))
  expect(answer.json.detail).toEqual(expect.any(String))
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at [\w.]+ \(|<html/i)
}
