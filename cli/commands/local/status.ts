import type { Action } from '../../command.ts'
import { type LocalStatus, needRunning } from './state.ts'

/** `todo-cli local status`: exit code 1 where it does not run. */
export const status: Action = async (context) => {
  const running = await needRunning(context)
  context.out.fields(fieldsOfStatus(running), running)
  return undefined
}

export const fieldsOfStatus = (status: LocalStatus): (readonly [string, string])[] =>
  Object.entries(status).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)] as const]))
