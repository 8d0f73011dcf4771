/**
 * The env file, read where `--env-file` or TODO_CLI_ENV_FILE names it, and never silently.
 *
 * Node.js looks for `--env-file` behind the script, too, and reads the file before the program starts: see
 * docs/decisions/0013-env-file-beside-nodes.md.
 */
import { statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { AppError } from '../core/errors.ts'
import { readTextFile } from './files.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** The file's variables; undefined where none is named. @throws AppError `file-unreadable` */
export async function readEnvFile(flag: unknown, env: Variables): Promise<Variables | undefined> {
  const path = typeof flag === 'string' ? flag : env.TODO_CLI_ENV_FILE || undefined
  if (path === undefined) return undefined
  if (typeof flag === 'string' && isStream(path)) {
    throw new AppError('file-unreadable', `${path} can be read once only, and Node.js has done so`, {
      hint: 'name it in the variable TODO_CLI_ENV_FILE, in place of --env-file',
    })
  }
  return parseEnv(await readTextFile(path, 'the variables'))
}

/** What `<(command)` stands for, or a pipe that has a name. */
function isStream(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && !stat.isFile() && !stat.isDirectory()
}
