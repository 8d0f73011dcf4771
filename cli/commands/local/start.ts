import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { AppError, ERRORS, type ErrorCode } from '../../../core/errors.ts'
import { ensurePrivateDir } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import type { Context } from '../../context.ts'
import { LOG } from './log.ts'
import { writeLocalProfile } from './profile.ts'
import { awaitStarting, findRunning, type LocalStatus, readRunning } from './state.ts'
import { fieldsOfStatus } from './status.ts'

/** What a person wants to see at the start; `local status` shows the rest. */
const SHOWN: readonly string[] = ['authority', 'vaultUrl', 'graphUrl', 'apiUrl', 'clientId', 'stateDir']

/** `todo-cli local start`: starting twice is no error. */
export const start: Action = async (context, _args, flags) => {
  const { home, out } = context
  const cloudNames = flags.cloudNames === true
  const already = await findRunning(context)
  if (already === undefined && (await readRunning(home.local)) !== undefined) {
    out.note('the last run left a stale record (it was killed); starting again')
  }
  const start = () => startOrJoin(context, cloudNames)
  const status = already ?? (await out.during('starting the local tenant and the API …', start))
  if (cloudNames && status.proxyUrl === null) {
    throw new AppError('local-start-failed', 'the local tenant runs already, without the cloud names', {
      hint: 'todo-cli local stop, then start it again',
    })
  }
  const current = await writeLocalProfile(home.profiles, status)
  out.note(
    already
      ? `the local tenant runs already (pid ${status.pid})`
      : `the local tenant runs (pid ${status.pid})`,
  )
  out.fields(
    fieldsOfStatus(status).filter(([name]) => SHOWN.includes(name)),
    status,
  )
  const list = current ? 'todo-cli todos list' : 'todo-cli todos list --profile local'
  out.note(status.proxyUrl === null ? `next: ${list}` : `next: eval "$(todo-cli local env)" && ${list}`)
  return undefined
}

/** Where another process starts it at the same moment, it is that one's tenant. */
async function startOrJoin(context: Context, cloudNames: boolean): Promise<LocalStatus> {
  for (;;) {
    try {
      return await startInBackground(context, cloudNames)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'local-state-in-use') throw error
    }
    const other = await awaitStarting(context)
    if (other !== undefined) return other
  }
}

/**
 * Starts `todo-cli local run` detached, and waits for the line of JSON that it prints when it is ready. What it says later
 * goes to the log.
 */
async function startInBackground(
  { home, io, env, program }: Context,
  cloudNames: boolean,
): Promise<LocalStatus> {
  await ensurePrivateDir(home.local)
  const logPath = join(home.local, LOG)
  const log = await open(logPath, 'a', 0o600)
  try {
    await log.chmod(0o600)
    const from = (await log.stat()).size
    const child = spawn(
      program.execPath,
      [program.entry, 'local', 'run', '--json', ...(cloudNames ? ['--cloud-names'] : [])],
      {
        detached: true,
        stdio: ['ignore', 'pipe', log.fd],
        env: { ...env, TODO_CLI_BACKGROUND: '1' },
      },
    )
    const { stdout } = child
    if (stdout === null) throw new TypeError('the child has no standard output')
    const interrupt = () => child.kill('SIGTERM')
    io.signal.addEventListener('abort', interrupt, { once: true })
    const line = await Promise.race([firstLine(stdout), once(child, 'exit').then(() => undefined)])
    io.signal.removeEventListener('abort', interrupt)
    if (line === undefined) throw await failure(logPath, from)
    stdout.destroy()
    child.unref()
    return JSON.parse(line) as LocalStatus
  } finally {
    await log.close()
  }
}

async function firstLine(stream: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: stream })) return line
  return undefined
}

/** The error that the child reported as JSON, as its last words in the log. */
async function failure(logPath: string, from: number): Promise<AppError> {
  const log = await readFile(logPath)
  // Shorter than it was: it was begun anew.
  const lines = log
    .subarray(log.length < from ? 0 : from)
    .toString('utf8')
    .trim()
    .split('\n')
  const last = lines.findLast((line) => line.startsWith('{"error":'))
  if (last !== undefined) {
    const { error } = JSON.parse(last) as { error: { code: string; message: string; hint?: string } }
    if (Object.hasOwn(ERRORS, error.code))
      return new AppError(error.code as ErrorCode, error.message, { hint: error.hint })
  }
  return new AppError('local-start-failed', 'the local tenant did not start', {
    hint: 'see why: todo-cli local logs',
  })
}
