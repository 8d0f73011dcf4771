/** `todo-api`: the API alone. The only file of the API that touches `process`. */
import { AppError } from '../core/errors.ts'
import { readConfig } from './config.ts'
import { HELP } from './help.ts'
import { startApi } from './server.ts'

/** Runs until SIGTERM or SIGINT, then ends requests under way. A second signal ends it at once. */
export async function main(): Promise<void> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(HELP)
    return
  }
  try {
    const config = await readConfig(process.env)
    const api = await startApi({
      ...config,
      log: (record) => process.stdout.write(`${JSON.stringify(record)}\n`),
    })
    const stop = () => {
      process.once('SIGTERM', () => process.exit(130))
      process.once('SIGINT', () => process.exit(130))
      void api.close()
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  const known =
    error instanceof AppError ? error : new AppError('internal', 'a defect in todo-api', { cause: error })
  process.stderr.write(`error: ${known.message} [${known.code}]\n`)
  if (known.hint !== undefined) process.stderr.write(`hint: ${known.hint}\n`)
  return known.exitCode
}
