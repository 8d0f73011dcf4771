/** `todo-api`: the API alone. The only file of the API that touches `process`. */
import { AppError } from '../core/errors.ts'
import { HELP } from './help.ts'

/** Serves, or runs the command that the arguments name. */
export async function main(): Promise<void> {
  try {
    await run(process.argv.slice(2))
  } catch (error) {
    process.exitCode = report(error)
  }
}

async function run(args: readonly string[]): Promise<void> {
  const [command, file, ...rest] = args
  if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP)
  else if (command === undefined) await serve()
  else if (command === 'backup' && file !== undefined && rest.length === 0) {
    const { backupStore } = await import('./store/backup.ts')
    await backupStore(process.env.DATABASE_URL ?? '', file)
    process.stderr.write(`the store is copied to ${file}\n`)
  } else {
    throw new AppError('usage', `todo-api does not understand: ${args.join(' ').slice(0, 100)}`, {
      hint: 'todo-api --help',
    })
  }
}

/** Runs until SIGTERM or SIGINT, then ends requests under way. A second signal ends it at once. */
async function serve(): Promise<void> {
  const { readConfig } = await import('./config.ts')
  const config = await readConfig(process.env)
  const [{ startApi }, { lineWriter }] = await Promise.all([import('./server.ts'), import('./log.ts')])
  // Whoever read the log may end before the API does: no reason to end too.
  process.stdout.on('error', () => {})
  const log = lineWriter((text) => process.stdout.write(text))
  const api = await startApi({ ...config, log: log.write })
  const stop = () => {
    process.once('SIGTERM', () => process.exit(130))
    process.once('SIGINT', () => process.exit(130))
    void api.close().then(log.flush)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function report(error: unknown): number {
  const known =
    error instanceof AppError ? error : new AppError('internal', 'a defect in todo-api', { cause: error })
  process.stderr.write(`error: ${known.message} [${known.code}]\n`)
  if (known.hint !== undefined) process.stderr.write(`hint: ${known.hint}\n`)
  return known.exitCode
}
