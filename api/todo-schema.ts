/** What may come in: the schemas that validate requests, and that `openapi.json` is made from. */
import { z } from 'zod'
import { DESCRIPTION_MAX } from '../core/todo.ts'
import { type FieldError, Problem, type ProblemCode } from './problem.ts'

/** The most items of one page. */
export const PAGE_MAX = 100

const description = z
  .string()
  .transform((text) => text.trim())
  .refine((text) => text !== '' && [...text].length <= DESCRIPTION_MAX, {
    message: `must have 1 to ${DESCRIPTION_MAX} characters after trimming`,
  })
  // PostgreSQL stores no U+0000, and neither store can keep half of a surrogate pair.
  .refine((text) => text.isWellFormed() && !text.includes('\0'), {
    message: 'must be well-formed Unicode without U+0000',
  })
  .meta({ type: 'string', minLength: 1, description: `1 to ${DESCRIPTION_MAX} characters after trimming` })

const guid = z
  .guid()
  .transform((text) => text.toLowerCase())
  .meta({ type: 'string', format: 'uuid' })

const owner = guid.meta({
  description: 'The object id of a user or an app. Apps may set it; for a user it is always their own.',
})

/** Fields that an answer has: accepted, so that a client can send back what it got, and not looked at. */
const readOnly = { createdAt: z.string().max(40).optional(), updatedAt: z.string().max(40).optional() }

export const newTodoSchema = z
  .strictObject({ description, done: z.boolean().default(false), owner: owner.optional() })
  .meta({ id: 'NewTodo' })

export const wholeTodoSchema = z
  .strictObject({
    description,
    done: z.boolean().default(false),
    owner: owner.optional(),
    id: guid.optional(),
    ...readOnly,
  })
  .meta({ id: 'WholeTodo' })

export const todoChangeSchema = z
  .strictObject({
    description: description.optional(),
    done: z.boolean().optional(),
    owner: owner.optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    message: 'must change something',
  })
  .meta({ id: 'TodoChange', minProperties: 1 })

const flag = z.enum(['true', 'false']).transform((text) => text === 'true')

export const listQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be 1 to ${PAGE_MAX}`)
    .transform(Number)
    .refine((limit) => limit <= PAGE_MAX, { message: `must be 1 to ${PAGE_MAX}` })
    .default(PAGE_MAX)
    .meta({
      type: 'integer',
      minimum: 1,
      maximum: PAGE_MAX,
      description: `${PAGE_MAX} where it is left out.`,
    }),
  owner: owner.optional(),
  done: flag.optional().meta({ type: 'boolean' }),
  cursor: z.string().max(200).optional().meta({ description: 'From the Link header of the page before.' }),
})

/** Validates at the door. Every mistake is named at once; a message never repeats what came in. */
export function parse<T>(schema: z.ZodType<T>, input: unknown, code: ProblemCode): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const errors: FieldError[] = result.error.issues.slice(0, 20).map((issue) => ({
    field:
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .map((key) => key.slice(0, 40))
            .join(', ')
            .slice(0, 200)
        : issue.path.join('.'),
    message: issue.code === 'unrecognized_keys' ? 'is not known' : issue.message,
  }))
  const what = code === 'invalid_query' ? 'query' : 'body'
  throw new Problem(code, `the ${what} is not valid: ${errors.map(sentence).join('; ').slice(0, 500)}`, {
    errors,
  })
}

function sentence({ field, message }: FieldError): string {
  return field === '' ? message : `${field}: ${message}`
}
