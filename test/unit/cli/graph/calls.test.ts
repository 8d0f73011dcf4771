import type { RequestListener, ServerResponse } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { createGraphCalls, type GraphRequest } from '../../../../cli/graph/calls.ts'
import { isNotYetThere, isThereAlready, isUncertain } from '../../../../cli/graph/errors.ts'
import { createHttp } from '../../../../cli/http.ts'
import { appError } from '../../../support/app-error.ts'
import { startWebServer } from '../../../support/web-server.ts'

const closers: (() => void)[] = []
afterAll(() => {
  for (const close of closers) close()
})

async function calls(
  answer: RequestListener,
  { timeoutMs = 5000, signal = new AbortController().signal } = {},
) {
  const server = await startWebServer(answer)
  const http = createHttp({ proxyEnv: {}, timeoutMs, signal, trace: () => {} })
  closers.push(() => http.close())
  const graphUrl = `${server.origin}/v1.0`
  const token = async () => 'a-token'
  return { server, calls: createGraphCalls({ http, graphUrl, timeoutMs, signal, token }) }
}

const json = (response: ServerResponse, status: number, body: object, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

const refusal = (code: string, message = 'No.', details: object[] = []) => ({
  error: { code, message, details },
})

/** Answers the first requests with these, the rest with 200. */
const script =
  (...statuses: readonly (number | 'hang' | 'reset')[]): RequestListener =>
  (request, response) => {
    const next = at.get(statuses) ?? 0
    at.set(statuses, next + 1)
    const status = statuses[next]
    if (status === 'reset') request.socket.destroy()
    else if (status === undefined) json(response, 200, { done: true })
    else if (status !== 'hang') json(response, status, refusal('x'), { 'retry-after': '0' })
  }
const at = new WeakMap<object, number>()

/** Short only where the time is what ends it: a busy machine is slow to answer, too. */
const timeoutFor = (statuses: readonly unknown[]) => (statuses.includes('hang') ? { timeoutMs: 1000 } : {})

const GET: GraphRequest = { method: 'GET', path: '/applications', right: 'read' }
const POST: GraphRequest = {
  method: 'POST',
  path: '/applications',
  body: { displayName: 'x' },
  right: 'register',
}
const PATCH: GraphRequest = { method: 'PATCH', path: '/applications/1', body: {}, right: 'register' }
const AGAIN: GraphRequest = { ...POST, repeatable: true }

describe('a request to Graph', () => {
  it('carries the token and a JSON body', async () => {
    const { calls: graph, server } = await calls((_, response) => json(response, 201, { id: '1' }))
    expect(await graph.send(POST)).toEqual({ id: '1' })
    const [{ headers, url, method } = { headers: {}, url: '', method: '' }] = server.requests
    expect({ url, method }).toEqual({ url: '/v1.0/applications', method: 'POST' })
    expect(headers).toMatchObject({ authorization: 'Bearer a-token', 'content-type': 'application/json' })
  })

  it('gives an empty object for 204', async () => {
    const { calls: graph } = await calls((_, response) => response.writeHead(204).end())
    expect(await graph.send(PATCH)).toEqual({})
  })

  it.each<[string, GraphRequest, (number | 'hang' | 'reset')[]]>([
    ['GET after 429', GET, [429]],
    ['GET after 503 twice', GET, [503, 503]],
    ['GET after a broken connection', GET, ['reset']],
    ['GET after no answer in time', GET, ['hang']],
    ['PATCH after 429', PATCH, [429]],
    ['PATCH after 503', PATCH, [503]],
    ['PATCH after no answer in time', PATCH, ['hang']],
    ['POST after 429, by which Graph says that it did nothing', POST, [429, 429]],
    ['a repeatable POST after 503', AGAIN, [503]],
    ['a repeatable POST after a broken connection', AGAIN, ['reset']],
  ])('is sent again: %s', async (_, request, statuses) => {
    const { calls: graph, server } = await calls(script(...statuses), timeoutFor(statuses))
    expect(await graph.send(request)).toEqual({ done: true })
    expect(server.requests).toHaveLength(statuses.length + 1)
  })

  it.each<[string, (number | 'hang' | 'reset')[]]>([
    ['503', [503]],
    ['500', [500]],
    ['a broken connection', ['reset']],
    ['no answer in time', ['hang']],
  ])('that makes something is not sent again after %s, for nobody knows', async (_, statuses) => {
    const { calls: graph, server } = await calls(script(...statuses), timeoutFor(statuses))
    expect(isUncertain(await appError('graph-unreachable', () => graph.send(POST)))).toBe(true)
    expect(server.requests).toHaveLength(1)
  })

  it('does not wait longer than one request may take', async () => {
    const { calls: graph, server } = await calls((_, response) =>
      json(response, 429, refusal('TooManyRequests'), { 'retry-after': '3600' }),
    )
    const error = await appError('graph-unreachable', () => graph.send(POST))
    expect(error.hint).toBe('try again in 3600 s')
    expect(isUncertain(error)).toBe(false)
    expect(server.requests).toHaveLength(1)
  })

  it('gives up where Graph stays busy', async () => {
    const { calls: graph, server } = await calls(script(429, 429, 429, 429))
    await appError('graph-unreachable', () => graph.send(POST))
    expect(server.requests).toHaveLength(3)
  })

  it('ends a wait on Ctrl-C', async () => {
    const interrupt = new AbortController()
    const { calls: graph } = await calls(
      (_, response) => {
        json(response, 429, refusal('TooManyRequests'), { 'retry-after': '4' })
        setTimeout(() => interrupt.abort(), 50)
      },
      { signal: interrupt.signal },
    )
    await appError('interrupted', () => graph.send(POST))
  })
})

describe('a list', () => {
  it('is read page by page', async () => {
    const { calls: graph, server } = await calls((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      const page = Number(searchParams.get('$skiptoken') ?? 0)
      const next = `http://${request.headers.host}/v1.0/applications?$skiptoken=${page + 1}`
      json(response, 200, { value: [page], ...(page < 2 ? { '@odata.nextLink': next } : {}) })
    })
    expect(await graph.list('/applications')).toEqual([0, 1, 2])
    expect(server.requests).toHaveLength(3)
  })

  it('is empty where there is none', async () => {
    const { calls: graph } = await calls((_, response) => json(response, 200, { value: [] }))
    expect(await graph.list('/applications')).toEqual([])
  })

  it.each<[string, object]>([
    ['another host', { value: [], '@odata.nextLink': 'https://elsewhere.example/v1.0/applications' }],
    ['no address', { value: [], '@odata.nextLink': 7 }],
  ])('does not follow a next page at %s, where the token would go', async (_, body) => {
    const { calls: graph, server } = await calls((_request, response) => json(response, 200, body))
    await appError('graph-failed', () => graph.list('/applications'))
    expect(server.requests).toHaveLength(1)
  })

  it.each<[string, object]>([
    ['no list', {}],
    ['a list that is none', { value: 'x' }],
  ])('is refused where the answer has %s', async (_, body) => {
    const { calls: graph } = await calls((_request, response) => json(response, 200, body))
    await appError('graph-failed', () => graph.list('/applications'))
  })

  it('is refused where the answer is a web page', async () => {
    const { calls: graph } = await calls((_, response) => response.writeHead(200).end('<html>'))
    expect((await appError('graph-failed', () => graph.list('/applications'))).hint).toContain('--graph-url')
  })
})

describe('a refusal', () => {
  const refused = async (status: number, body: object, right: GraphRequest['right'] = 'register') => {
    const { calls: graph } = await calls((_, response) => json(response, status, body))
    return graph.send({ ...PATCH, right }).catch((error: unknown) => error)
  }

  it.each([
    ['read', /Application\.Read\.All/],
    ['register', /Application Developer.+Application\.ReadWrite\.OwnedBy/],
    ['assign', /Cloud Application Administrator.+AppRoleAssignment\.ReadWrite\.All/],
    ['grant', /Cloud Application Administrator.+DelegatedPermissionGrant\.ReadWrite\.All/],
  ] as const)('of the right to %s says which it is and who can give it', async (right, hint) => {
    const error = await refused(403, refusal('Authorization_RequestDenied'), right)
    expect(error).toMatchObject({
      code: 'graph-refused',
      serviceCode: 'Authorization_RequestDenied',
      hint: expect.stringMatching(hint),
    })
  })

  it.each([
    ['CredentialInvalidLifetimeAsPerAppPolicy', /policy limits how long/],
    ['CredentialTypeNotAllowedAsPerAppPolicy', /does not allow this kind/],
    ['KeyCredentialsInvalidEndDate', /the end of the certificate/],
  ])('%s is told in plain words, with the next command', async (code, message) => {
    expect(await refused(400, refusal(code))).toMatchObject({
      code: 'graph-failed',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('todo-cli cert create'),
    })
  })

  it('that something is not there yet is known by its code', async () => {
    const details = [{ code: 'NoBackingApplicationObject', message: 'x' }]
    expect(isNotYetThere(await refused(400, refusal('Request_BadRequest', 'x', details)))).toBe(true)
    expect(isNotYetThere(await refused(404, refusal('Request_ResourceNotFound')))).toBe(true)
    expect(isNotYetThere(await refused(400, refusal('Request_BadRequest')))).toBe(false)
    expect(isNotYetThere(new Error('x'))).toBe(false)
  })

  it('that something is there already is known by its code or its words', async () => {
    const words = 'Permission being assigned already exists on the object.'
    expect(isThereAlready(await refused(400, refusal('Request_BadRequest', words)))).toBe(true)
    expect(isThereAlready(await refused(409, refusal('Request_MultipleObjectsWithSameKeyValue')))).toBe(true)
    expect(isThereAlready(await refused(403, refusal('Authorization_RequestDenied', words)))).toBe(false)
    expect(isThereAlready(undefined)).toBe(false)
  })

  it('in a shape of its own is told by its status', async () => {
    expect(await refused(418, { teapot: true })).toMatchObject({
      code: 'graph-failed',
      message: 'Microsoft Graph refused: status 418',
    })
  })
})
