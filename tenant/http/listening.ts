import { AppError, systemCode } from '../../core/errors.ts'

export interface Listening {
  readonly port: number
  close(): Promise<void>
}

/** Why a service does not listen, and what to do. */
export function notListening(name: string, port: number, cause: unknown): AppError {
  const code = systemCode(cause)
  if (code === 'EADDRINUSE') {
    return new AppError('local-port-in-use', `port ${port}, for the local tenant's ${name}, is in use`, {
      hint: 'stop what uses it, or forget the ports: todo-cli local reset',
      cause,
    })
  }
  return new AppError(
    'local-start-failed',
    `the local tenant's ${name} can not listen on port ${port} (${code})`,
    {
      hint: 'choose another port: todo-cli local reset, then todo-cli local start',
      cause,
    },
  )
}
