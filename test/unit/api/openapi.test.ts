/** The description is linted, and the running API is held to it: every answer below must be one that it describes. */
import { randomUUID } from 'node:crypto'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type CallOptions, startTestApi, type TestApi } from '../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'

let issuer: TestIssuer
let api: TestApi
// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document is walked by path
let document: any
let validate: Ajv2020
const reached = new Set<string>()

beforeAll(async () => {
  issuer = await startIssuer()
  api = await startTestApi(issuer)
  document = (await api.call('GET', '/openapi.json')).json
  validate = new Ajv2020({ strict: false, allErrors: true })
  formats.default(validate)
  validate.addSchema(document, 'openapi')
})
afterAll(async () => {
  await api.close()
  await issuer.close()
})

const LIST = '/api/todolist'
const ONE = '/api/todolist/{id}'

// biome-ignore lint/suspicious/noExplicitAny: see document
function resolve(value: any): any {
  const ref: unknown = value?.$ref
  return typeof ref === 'string'
    ? ref
        .split('/')
        .slice(1)
        .reduce((at, key) => at[key], document)
    : value
}

/** Headers that a client may rest on: sent exactly where they are described. */
const HEADERS = [
  'Accept-Patch',
  'Allow',
  'ETag',
  'Link',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
]
/** Those that depend on more than the status: a next page, a header that was at fault, a method. */
const SOMETIMES = ['200 Link', '400 WWW-Authenticate', '403 WWW-Authenticate', '415 Accept-Patch']

/** Asserts that the description has this answer: the status, its headers, its media type, its body. */
function described(pattern: string, method: string, answer: Answer): void {
  const where = `${method} ${pattern} ${answer.status}`
  const found = document.paths[pattern]?.[method.toLowerCase()]?.responses?.[answer.status]
  expect(found, where).toBeDefined()
  const response = resolve(found)
  reached.add(where)
  const sent = HEADERS.filter((name) => answer.headers.has(name))
  const named = Object.keys(response.headers)
  expect(named, where).toEqual(expect.arrayContaining(sent))
  const missing = named.filter(
    (name) => !sent.includes(name) && !SOMETIMES.includes(`${answer.status} ${name}`),
  )
  expect(missing, where).toEqual([])
  const type = answer.headers.get('content-type')?.split(';')[0]
  if (response.content === undefined) {
    expect([answer.text, type], where).toEqual(['', undefined])
    return
  }
  const [media] = Object.keys(response.content)
  expect(type, where).toBe(media)
  const { schema } = response.content[media as string]
  const check = validate.compile({ $ref: `openapi${schema.$ref}` })
  expect(check(answer.json), `${where}: ${JSON.stringify(check.errors)}`).toBe(true)
}

/** Calls, and holds the answer to the description. */
async function ask(
  method: string,
  pattern: string,
  options: CallOptions & { id?: string; query?: string; of?: TestApi } = {},
) {
  const { id = '', query = '', of = api, ...rest } = options
  const answer = await of.call(method, `${pattern.replace('{id}', id)}${query}`, rest)
  described(pattern, method, answer)
  return answer
}

test('the linter has nothing to say', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const problems = await lintFromString({ source: JSON.stringify(document), config })
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
})

test('it names every route of the API, the permissions, the issuer and the audience', () => {
  expect(Object.keys(document.paths)).toEqual([LIST, ONE])
  expect(document.paths[LIST].post.description).toContain('ToDoList.ReadWrite.All')
  expect(document.components.securitySchemes.entra.openIdConnectUrl).toContain(issuer.authority)
  expect(document.components.securitySchemes.entra.description).toContain(`api://${issuer.clientId}`)
})

test('its request schemas are the ones that validate', async () => {
  const token = await issuer.token()
  const bodies = [
    { description: 'x' },
    { description: 'x', done: true },
    { description: 'x', owner: randomUUID() },
    {},
    { description: '' },
    { description: 1 },
    { description: 'x', done: 1 },
    { description: 'x', owner: 'x' },
    { description: 'x', other: 1 },
    [],
    null,
    'x',
  ]
  const check = validate.compile({ $ref: 'openapi#/components/schemas/NewTodo' })
  for (const body of bodies) {
    const { status } = await api.call('POST', LIST, { token, body: JSON.stringify(body) })
    expect([body, status === 201]).toEqual([body, check(body)])
  }
  const { id } = (await api.call('POST', LIST, { token, body: { description: 'x' } })).json
  const more = [
    { id },
    { description: 'x', id },
    { description: 'x', createdAt: 'x' },
    { done: false },
    { owner: id },
  ]
  for (const [method, name] of [
    ['PUT', 'WholeTodo'],
    ['PATCH', 'TodoChange'],
  ] as const) {
    const validates = validate.compile({ $ref: `openapi#/components/schemas/${name}` })
    for (const body of [...bodies, ...more]) {
      const { status } = await api.call(method, `${LIST}/${id}`, { token, body: JSON.stringify(body) })
      expect([method, body, status === 200]).toEqual([method, body, validates(body)])
    }
  }
  const limit = document.paths[LIST].get.parameters.find(({ name }: { name: string }) => name === 'limit')
  expect(limit.schema).toEqual({ type: 'integer', minimum: 1, maximum: 100 })
})

test('every answer of the API is described, and every described answer is given', async () => {
  const token = await issuer.token()
  const without = await issuer.token({ roles: [] })
  const body = { description: 'x' }
  const made = await ask('POST', LIST, { token, body })
  const { id } = made.json
  const routes: [string, string, CallOptions][] = [
    ['GET', LIST, {}],
    ['POST', LIST, { body }],
    ['GET', ONE, {}],
    ['PUT', ONE, { body }],
    ['PATCH', ONE, { body }],
    ['DELETE', ONE, {}],
  ]
  const down = await startIssuer()
  down.mode = 'down'
  const cut = await startTestApi(down)
  const limited = await startTestApi(issuer, { host: '0.0.0.0', tlsTerminated: true, rateLimitPerMinute: 1 })
  await limited.call('GET', LIST, { token })
  for (const [method, pattern, options] of routes) {
    await ask(method, pattern, { ...options, id })
    await ask(method, pattern, { ...options, id, token: 'x' })
    await ask(method, pattern, { ...options, id, token: without })
    await ask(method, pattern, { ...options, id, headers: { authorization: 'x' } })
    await ask(method, pattern, { ...options, id, of: cut, token: await down.token() })
    await ask(method, pattern, { ...options, id, of: limited, token })
    if (pattern === ONE) await ask(method, pattern, { ...options, id: randomUUID(), token })
    await ask(method, pattern, { ...options, id, token, headers: { 'if-match': '"99"' } })
    if (options.body === undefined) continue
    await ask(method, pattern, { id, token, body: 'x'.repeat(17_000) })
    await ask(method, pattern, { id, token, body: 'x', headers: { 'content-type': 'text/plain' } })
  }
  await ask('GET', LIST, { token, query: '?limit=1' })
  await ask('GET', LIST, { token, query: '?limit=x' })
  await ask('GET', LIST, { token, headers: { 'if-none-match': '*' } })
  const headers = { 'idempotency-key': 'k' }
  await ask('POST', LIST, { token, body, headers })
  await ask('POST', LIST, { token, body: { description: 'y' }, headers })
  await ask('GET', ONE, { token, id })
  await ask('GET', ONE, { token, id, headers: { 'if-none-match': '"1"' } })
  await ask('PUT', ONE, { token, id, body })
  await ask('PATCH', ONE, { token, id, body })
  await ask('DELETE', ONE, { token, id })
  await Promise.all([cut.close(), limited.close(), down.close()])

  const all = routes.flatMap(([method, pattern]) =>
    Object.keys(document.paths[pattern][method.toLowerCase()].responses).map(
      (status) => `${method} ${pattern} ${status}`,
    ),
  )
  // 500 stands for defects: there is none to ask for.
  expect(all.filter((where) => !where.endsWith('500') && !reached.has(where))).toEqual([])
})
