/** The description of the API (OpenAPI 3.1), made from the schemas that validate. Served as `/openapi.json`. */
import { z } from 'zod'
import type { Permission } from '../core/permissions.ts'
import { PROBLEM_RESPONSES, problemRefs } from './openapi-problems.ts'
import { problemSchema, todoListSchema, todoSchema } from './todo-answers.ts'
import { TODOS_PATH } from './todo-resource.ts'
import { listQuerySchema, newTodoSchema, todoChangeSchema, wholeTodoSchema } from './todo-schema.ts'

type Json = Record<string, unknown>

export interface OpenApiOptions {
  readonly authority: string
  readonly clientId: string
  readonly permissions: { readonly read: Permission; readonly write: Permission }
}

/** What JSON Schema has no word for is said in the field's `description`. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    // A parameter arrives as text and is meant as a number or a boolean: the text's own rules are not the meaning's.
    override: ({ jsonSchema: made }) => {
      if (made.type === 'integer' || made.type === 'boolean') {
        delete made.pattern
        delete made.enum
      }
      if (made.format === 'uuid') delete made.pattern
    },
  }) as Json
  return inline(rest)
}

/** zod puts a schema with an id behind `$defs`; here it is the component itself. */
function inline(schema: Json): Json {
  const { $ref, $defs, ...rest } = schema
  if (typeof $ref !== 'string' || typeof $defs !== 'object' || $defs === null) return rest
  const { id: _id, ...own } = ($defs as Record<string, Json>)[$ref.split('/').at(-1) as string] ?? {}
  return own
}

const schemaRef = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const parameterRef = (name: string) => ({ $ref: `#/components/parameters/${name}` })
const headerRef = (name: string) => ({ $ref: `#/components/headers/${name}` })

const body = (name: string, types = ['application/json']) => ({
  required: true,
  content: Object.fromEntries(types.map((type) => [type, { schema: schemaRef(name) }])),
})

function answer(description: string, name: string | undefined, headers: readonly string[] = []): Json {
  return {
    description,
    headers: Object.fromEntries(['X-Request-Id', ...headers].map((header) => [header, headerRef(header)])),
    ...(name === undefined ? {} : { content: { 'application/json': { schema: schemaRef(name) } } }),
  }
}

interface Operation {
  readonly id: string
  readonly summary: string
  readonly writes?: boolean
  readonly parameters?: readonly Json[]
  readonly body?: Json
  readonly answers: Json
  readonly problems: readonly number[]
}

function operation(
  { id, summary, writes, parameters, body: requestBody, answers, problems }: Operation,
  options: OpenApiOptions,
): Json {
  const { read, write } = options.permissions
  const { scopes, roles } = writes ? write : read
  return {
    operationId: id,
    summary,
    description: `Needs one of the scopes ${scopes.join(', ')} (user), or one of the app roles ${roles.join(', ')} (app).`,
    tags: ['todos'],
    security: [{ entra: [] }],
    ...(parameters === undefined ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: { ...answers, ...problemRefs([400, 401, 403, 429, 500, 503, ...problems]) },
  }
}

/** Each parameter of a listing, out of the schema that validates them. */
function listParameters(): Json[] {
  const { properties } = jsonSchema(listQuerySchema, 'input') as { properties: Record<string, Json> }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function paths(options: OpenApiOptions): Json {
  const one = { '200': answer('The todo.', 'Todo', ['ETag']) }
  const conditions = [parameterRef('If-Match'), parameterRef('If-None-Match')]
  const changing = {
    writes: true,
    parameters: conditions,
    answers: one,
    problems: [404, 412, 413, 415],
  }
  return {
    [TODOS_PATH]: {
      get: operation(
        {
          id: 'listTodos',
          summary: "Lists todos in the order of their creation: an app everyone's, a user their own.",
          parameters: listParameters(),
          answers: {
            '200': answer('A page of todos.', 'TodoList', ['Link']),
            '304': answer('If-None-Match is *.', undefined),
          },
          problems: [412],
        },
        options,
      ),
      post: operation(
        {
          id: 'addTodo',
          summary: 'Adds a todo.',
          writes: true,
          parameters: [parameterRef('Idempotency-Key')],
          body: body('NewTodo'),
          answers: {
            '201': answer('The todo, added now or by the same key before.', 'Todo', ['ETag', 'Location']),
          },
          problems: [412, 413, 415, 422],
        },
        options,
      ),
    },
    [`${TODOS_PATH}/{id}`]: {
      parameters: [parameterRef('id')],
      get: operation(
        {
          id: 'getTodo',
          summary: 'Reads a todo.',
          parameters: conditions,
          answers: { ...one, '304': answer('It is what If-None-Match says.', undefined, ['ETag']) },
          problems: [404, 412],
        },
        options,
      ),
      put: operation(
        { id: 'replaceTodo', summary: 'Replaces a todo.', body: body('WholeTodo'), ...changing },
        options,
      ),
      patch: operation(
        {
          id: 'changeTodo',
          summary: 'Changes the fields that are named.',
          body: body('TodoChange', ['application/json', 'application/merge-patch+json']),
          ...changing,
        },
        options,
      ),
      delete: operation(
        {
          id: 'removeTodo',
          summary: 'Removes a todo.',
          ...changing,
          answers: { '204': answer('Removed.', undefined) },
          problems: [404, 412],
        },
        options,
      ),
    },
  }
}

const text = (description: string, example?: string) => ({
  description,
  schema: { type: 'string' },
  ...(example === undefined ? {} : { example }),
})

const HEADERS = {
  'X-Request-Id': text('Finds the request in the log.'),
  ETag: text('The version of the todo.', '"1"'),
  Location: text('Where the todo is.'),
  Link: text('The next page, where there is one.', `<${TODOS_PATH}?cursor=...>; rel="next"`),
  'WWW-Authenticate': text('Why, and what would be needed (RFC 6750).'),
  'Retry-After': text('Seconds to wait.', '1'),
  'Accept-Patch': text(
    'The media types of a change (RFC 5789).',
    'application/json, application/merge-patch+json',
  ),
}

const PARAMETERS = {
  id: { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    required: false,
    ...text('Only if it still has this version.', '"1"'),
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    ...text('Only if it has another version.', '"1"'),
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    ...text('Makes a retry safe for 24 hours: the same key and body add one todo.'),
  },
}

export function openApiDocument(options: OpenApiOptions): Json {
  const { authority, clientId } = options
  return {
    openapi: '3.1.1',
    info: {
      title: 'Todo API',
      version: '1.0.0',
      summary: 'Todos, protected by Microsoft Entra.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'todos', description: 'What is to be done, and by whom.' }],
    paths: paths(options),
    components: {
      securitySchemes: {
        entra: {
          type: 'openIdConnect',
          openIdConnectUrl: `${authority}/v2.0/.well-known/openid-configuration`,
          description: `An access token for api://${clientId}.`,
        },
      },
      schemas: {
        Todo: jsonSchema(todoSchema, 'output'),
        TodoList: { ...jsonSchema(todoListSchema, 'output'), items: schemaRef('Todo') },
        NewTodo: jsonSchema(newTodoSchema, 'input'),
        WholeTodo: jsonSchema(wholeTodoSchema, 'input'),
        TodoChange: jsonSchema(todoChangeSchema, 'input'),
        Problem: jsonSchema(problemSchema, 'output'),
      },
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: PROBLEM_RESPONSES,
    },
  }
}
