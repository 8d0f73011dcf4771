/**
 * The token cache: one 0600 file for each access token, so that processes share tokens and never overwrite another's.
 *
 * A file's name is the SHA-256 of everything that a token depends on, the credential's identity and the trust in the
 * issuer included: switching any of them can not bring up the other's token. What can not be read, or others could have
 * read, is dropped with a word, and a new token is asked for.
 */
import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import { AppError, systemCode } from '../../core/errors.ts'
import { ensurePrivateDir, isExposed, removeFile, replaceFile } from '../../core/private-file.ts'
import type { UsedCertificate } from '../expiry-warning.ts'
import { readSmallFile } from '../files.ts'
import type { ProcessLock } from '../process-lock.ts'
import type { AccessToken } from './msal.ts'

/** Everything that a token depends on. */
export interface TokenKey {
  /** The authority, with the host in it. */
  readonly authority: string
  readonly clientId: string
  readonly scope: string
  /** Which credential, by an identity that is no secret: a thumbprint, a vault address, the digest of a secret. */
  readonly credential: string
  /** The signed-in user, where the token is a user's. */
  readonly account: string
  /** CA and proxy: through whom the issuer was reached. */
  readonly trust: string
}

/** A token with the certificate that it was got with, which ends some day while tokens come out of the cache. */
export interface KeptToken extends AccessToken {
  readonly certificate?: UsedCertificate | undefined
}

/** A token is not used in the last five minutes of its life, as MSAL has it, so that it outlives the command. */
const MARGIN = 300_000

export class TokenCache {
  readonly #folder: string
  readonly #warn: (line: string) => void

  constructor(folder: string, warn: (line: string) => void) {
    this.#folder = folder
    this.#warn = warn
  }

  /** The token, if there is one with more than five minutes to live. */
  async get(key: TokenKey, now: Date = new Date()): Promise<KeptToken | undefined> {
    const path = this.#path(key)
    try {
      if (await isExposed(path)) return await this.#drop(path, 'could be read by other users')
      const entry = parse(await readSmallFile(path))
      if (entry === undefined) return await this.#drop(path, 'was damaged')
      return entry.expiresAt.getTime() - now.getTime() > MARGIN ? entry : undefined
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      return await this.#drop(path, `can not be read (${systemCode(error) ?? 'unknown reason'})`)
    }
  }

  /** Keeps a token. A cache that can't be written is a warning: the token is good all the same. */
  async set(key: TokenKey, { token, expiresAt, certificate }: KeptToken): Promise<void> {
    try {
      await ensurePrivateDir(this.#folder)
      await replaceFile({
        path: this.#path(key),
        data: `${JSON.stringify({ version: 1, expiresAt, token, certificate: certificate && used(certificate) })}\n`,
      })
    } catch (error) {
      this.#warn(`the token can not be kept: ${(error as Error).message}`)
    }
  }

  async remove(key: TokenKey): Promise<void> {
    await removeFile(this.#path(key))
  }

  /**
   * Waits until this process alone may ask for the token of `key`, so that fifty processes that start at once make one token
   * request: whoever waited looks into the cache again. A cache that can't be locked is no reason not to work.
   */
  async lock(key: TokenKey, signal: AbortSignal): Promise<ProcessLock> {
    const path = this.#path(key).replace(/json$/, 'lock')
    const unlocked = { release: () => {} }
    try {
      await ensurePrivateDir(this.#folder)
      const { waitForLock } = await import('../process-lock.ts')
      return await waitForLock(path, signal)
    } catch (error) {
      if (signal.aborted) throw error
      return unlocked
    }
  }

  /** Removes every token. Returns how many there were. */
  async clear(): Promise<number> {
    const names = await fs.readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return []
      throw new AppError('file-unreadable', `the folder of the tokens, ${this.#folder}, can not be read`, {
        hint: 'make room for a folder of yours there, or name another in TODO_CLI_HOME',
        cause: error,
      })
    })
    const tokens = names.filter((name) => name.endsWith('.json'))
    for (const name of names.filter((each) => /\.(json|tmp|lock)$/.test(each)))
      await removeFile(join(this.#folder, name))
    return tokens.length
  }

  #path({ authority, clientId, scope, credential, account, trust }: TokenKey): string {
    const parts = [authority, clientId, scope, credential, account, trust]
    return join(this.#folder, `${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}.json`)
  }

  async #drop(path: string, why: string): Promise<undefined> {
    this.#warn(`a cached token ${why}, so a new one is asked for`)
    await removeFile(path).catch(() => {})
    return undefined
  }
}

/** Its fields alone: what signs has more, and none of that is kept. */
const used = ({ origin, notAfter }: UsedCertificate) => ({ origin, notAfter })

function parse(text: string): KeptToken | undefined {
  try {
    const { version, expiresAt, token, certificate } = JSON.parse(text) as Record<string, unknown>
    const date = new Date(typeof expiresAt === 'string' ? expiresAt : Number.NaN)
    if (
      version !== 1 ||
      typeof token !== 'string' ||
      !/^[\w.-]+$/.test(token) ||
      Number.isNaN(date.getTime())
    )
      return undefined
    return { token, expiresAt: date, certificate: parseUsed(certificate) }
  } catch {
    return undefined
  }
}

function parseUsed(value: unknown): UsedCertificate | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { origin, notAfter } = value as Record<string, unknown>
  const date = new Date(typeof notAfter === 'string' ? notAfter : Number.NaN)
  return typeof origin === 'string' && !Number.isNaN(date.getTime()) ? { origin, notAfter: date } : undefined
}
