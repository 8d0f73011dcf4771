import type { Context } from '../context.ts'
import type { Check } from './check.ts'

/** One call. */
export const apiCheck = (context: Context): Check => ({
  name: 'api',
  needs: ['settings', 'token'],
  async run() {
    const endpoint = (await context.settings()).need('apiEndpoint')
    const todos = await (await context.todos()).list()
    return {
      status: 'ok',
      seen: `${endpoint} answers with ${todos.length === 1 ? '1 todo' : `${todos.length} todos`}`,
    }
  },
})
