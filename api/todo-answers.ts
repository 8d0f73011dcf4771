/** What goes out, as schemas: for the description of the API, and for the test that holds the API to it. */
import { z } from 'zod'
import { PAGE_MAX } from './todo-schema.ts'

const time = z.iso.datetime({ precision: 3 }).meta({ description: 'UTC' })

export const todoSchema = z
  .strictObject({
    id: z.guid(),
    owner: z.string().meta({ description: 'The object id of a user or an app.' }),
    description: z.string(),
    done: z.boolean(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Todo' })

export const todoListSchema = z.array(todoSchema).max(PAGE_MAX)

/** RFC 9457, with this API's members. */
export const problemSchema = z
  .strictObject({
    type: z.string().meta({ format: 'uri' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().meta({ description: 'Stable: for programs.' }),
    detail: z.string().meta({ description: 'For people.' }),
    requestId: z.string(),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every field that is wrong.' }),
  })
  .meta({ id: 'Problem' })
