/**
 * The state folder of the local tenant, as the CLI sees it: what runs (`running.json`), and the lock that keeps a second
 * tenant off the same state.
 */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { AppError, systemCode } from '../../../core/errors.ts'
import { ensurePrivateDir, removeFile, replaceFile } from '../../../core/private-file.ts'
import type { Context } from '../../context.ts'
import { createHttp } from '../../http.ts'
import { type ProcessLock, tryLock } from '../../process-lock.ts'

/** `todo-cli local status --json`, field by field. Secrets are never in it, only the 0600 files that hold them. */
export interface LocalStatus {
  readonly tenantId: string
  readonly authority: string
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly vaultUrl: string
  readonly graphUrl: string
  readonly apiUrl: string
  readonly apiClientId: string
  readonly scope: string
  readonly clientId: string
  readonly clientSecretFile: string
  readonly certificateFile: string
  readonly caFile: string
  readonly vaultCertificateFile: string
  /** The client id of the identity that opens the vault and calls Graph. */
  readonly vaultClientId: string
  /** A certificate in the vault that is registered with the client. */
  readonly certificateName: string
  /** An app without any role, to try a 403 with: the profile `local-without-role`. */
  readonly clientWithoutRoleId: string
  readonly clientWithoutRoleSecretFile: string
  readonly adminUrl: string
  readonly adminTokenFile: string
  /** With `--cloud-names`: the proxy that leads the cloud's names to the tenant; else null. */
  readonly proxyUrl: string | null
  /** A public client, for users who sign in by device code. */
  readonly publicClientId: string
  /** The managed identity endpoint, in the shape of App Service, and the file of the header that it needs. */
  readonly identityEndpoint: string
  readonly identityHeaderFile: string
  readonly stateDir: string
  readonly pid: number
}

const RUNNING = 'running.json'
const LOCK = 'lock.sqlite'

export async function readRunning(stateDir: string): Promise<LocalStatus | undefined> {
  return readJson<LocalStatus>(
    stateDir,
    RUNNING,
    ({ pid, tenantId, adminUrl, adminTokenFile, caFile }) =>
      Number.isSafeInteger(pid) &&
      [tenantId, adminUrl, adminTokenFile, caFile].every((each) => typeof each === 'string'),
  )
}

export async function writeRunning(status: LocalStatus): Promise<void> {
  await replaceFile({
    path: join(status.stateDir, RUNNING),
    data: `${JSON.stringify(status, undefined, 2)}\n`,
  })
}

export async function forgetRunning(stateDir: string): Promise<void> {
  await removeFile(join(stateDir, RUNNING))
}

/**
 * A record of the state folder; undefined where it is not there.
 *
 * @throws AppError `local-state-invalid` where it can not be read, or is not `sound`
 */
export async function readJson<T>(
  stateDir: string,
  name: string,
  sound: (value: Record<string, unknown>) => boolean,
): Promise<T | undefined> {
  const path = join(stateDir, name)
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    if (sound(value)) return value as T
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code !== undefined) throw unreadable(path, code, error)
  }
  throw damaged(path)
}

export function damaged(path: string, cause?: unknown): AppError {
  return new AppError('local-state-invalid', `${path} is damaged`, {
    hint: 'begin anew: todo-cli local reset',
    cause,
  })
}

function unreadable(path: string, code: string, cause: unknown): AppError {
  return new AppError('local-state-invalid', `${path} can not be read (${code})`, {
    hint: 'check that it is a file of yours, or name another folder in the variable TODO_CLI_HOME',
    cause,
  })
}

/** Calls the tenant's admin interface. Undefined where nothing answers there, or not this tenant. */
export async function callAdmin(
  context: Context,
  status: LocalStatus,
  method: 'GET' | 'POST',
  path: string,
): Promise<Record<string, unknown> | undefined> {
  let http: ReturnType<typeof createHttp> | undefined
  try {
    const [token, caPem] = await Promise.all([
      readFile(status.adminTokenFile, 'utf8'),
      readFile(status.caFile, 'utf8'),
    ])
    http = createHttp({
      caPem,
      proxyEnv: {},
      timeoutMs: 5000,
      signal: context.io.signal,
      trace: (line) => context.out.trace(line),
    })
    const answer = await http.send('issuer', {
      method,
      url: `${status.adminUrl}${path}`,
      headers: { authorization: `Bearer ${token.trim()}` },
    })
    return answer.status < 300 ? { ...(JSON.parse(answer.body || '{}') as object) } : undefined
  } catch (error) {
    if (context.io.signal.aborted) throw error
    return undefined
  } finally {
    http?.close()
  }
}

/** The status of the tenant that runs on this state, or undefined. A record that nobody answers to is no tenant. */
export async function findRunning(context: Context): Promise<LocalStatus | undefined> {
  const status = await readRunning(context.home.local)
  if (status === undefined) return undefined
  const answer = await callAdmin(context, status, 'GET', '/status')
  return answer !== undefined && answer.tenantId === status.tenantId ? status : undefined
}

/** How long a tenant that another process starts may take, in milliseconds. */
const PATIENCE = 30_000

/**
 * The tenant that another process starts at this moment, once it answers; undefined where the state is, or becomes, free.
 *
 * @throws AppError `local-state-in-use` where neither happens
 */
export async function awaitStarting(
  context: Context,
  patienceMs = PATIENCE,
): Promise<LocalStatus | undefined> {
  const { home, io } = context
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    if (await isFree(home.local)) return undefined
    const running = await findRunning(context)
    if (running !== undefined) return running
    await wait(50, undefined, { signal: io.signal })
  }
  throw inUse(home.local)
}

/** @throws AppError `local-not-running` */
export async function needRunning(context: Context): Promise<LocalStatus> {
  const status = await findRunning(context)
  if (status !== undefined) return status
  throw new AppError('local-not-running', 'the local tenant does not run', { hint: 'todo-cli local start' })
}

/**
 * Takes the state folder for this process.
 *
 * @throws AppError `local-state-in-use` where another process has it, `local-state-invalid` where the lock file is damaged
 */
export async function lockState(stateDir: string): Promise<ProcessLock> {
  await ensurePrivateDir(stateDir)
  const path = join(stateDir, LOCK)
  const lock = await takeLock(path).catch((cause: unknown) => {
    throw damaged(path, cause)
  })
  if (lock !== undefined) return lock
  throw inUse(stateDir)
}

/** Whether no process has the state. Nothing is made by the question, and a damaged lock file protects nobody. */
export async function isFree(stateDir: string): Promise<boolean> {
  const path = join(stateDir, LOCK)
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (!isThere) return true
  const lock = await takeLock(path).catch(() => ({ release: () => {} }))
  lock?.release()
  return lock !== undefined
}

/** Who only asks whether the state is free has the lock, too, for a moment: it is tried again before it is called taken. */
async function takeLock(path: string): Promise<ProcessLock | undefined> {
  for (const pause of [10, 30]) {
    const lock = await tryLock(path)
    if (lock !== undefined) return lock
    await wait(pause)
  }
  return tryLock(path)
}

/** The error where the state is in use because a tenant runs on it, and answers. */
export async function runsAlready(context: Context): Promise<AppError | undefined> {
  const running = await findRunning(context).catch(() => undefined)
  if (running === undefined) return undefined
  return new AppError('local-state-in-use', `the local tenant runs already (pid ${running.pid})`, {
    hint: 'todo-cli local status',
  })
}

/** It starts at this moment, or its record was lost. */
export function inUse(stateDir: string): AppError {
  return new AppError('local-state-in-use', `another process uses the state in ${stateDir}`, {
    hint: 'try again in a moment; what it does: todo-cli local logs',
  })
}
