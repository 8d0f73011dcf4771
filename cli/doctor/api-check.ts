import type { Context } from '../context.ts'
import type { Check } from './check.ts'

/** One call. */
export const apiCheck = (context: Context): Check => ({
  name: 'api',
  needs: ['settings', 'endpoint', 'token'],
  async run() {
    const endpoint = (await context.settings()).need('apiEndpoint')
    const { todos, more } = await (await context.todos()).list({ limit: 100 })
    const number = `${more ? 'more than ' : ''}${todos.length === 1 ? '1 todo' : `${todos.length} todos`}`
    return { status: 'ok', seen: `${endpoint} answers with ${number}` }
  },
})
