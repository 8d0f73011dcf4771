/**
 * The sign-in of a user: who it is, and MSAL's cache with the refresh token, in a 0600 file for each authority and client.
 * Access tokens are not in it: they lie in the token cache, as those of an app do.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../core/errors.ts'
import { ensurePrivateDir, isExposed, removeFile, replaceFile } from '../../core/private-file.ts'
import { parseObject } from '../parse-object.ts'

export interface SignedInUser {
  /** MSAL's name of the account: `<object id>.<tenant id>`. */
  readonly homeAccountId: string
  readonly username: string
  readonly name: string
  readonly objectId: string
  readonly tenantId: string
}

export interface SignIn {
  readonly user: SignedInUser
  /** MSAL's serialised cache, without access tokens. */
  readonly msal: string
}

export class SignInFile {
  readonly #folder: string
  readonly #path: string
  readonly #warn: (line: string) => void

  constructor(
    folder: string,
    { authority, clientId }: { readonly authority: string; readonly clientId: string },
    warn: (line: string) => void,
  ) {
    const digest = createHash('sha256')
      .update(JSON.stringify([authority, clientId]))
      .digest('hex')
    this.#folder = folder
    // Not .json: `token clear` removes access tokens, and the user stays signed in.
    this.#path = join(folder, `${digest}.user`)
    this.#warn = warn
  }

  /** The sign-in, if there is one. What is damaged, or could be read by others, is dropped with a word. */
  async read(): Promise<SignIn | undefined> {
    try {
      if (await isExposed(this.#path)) return await this.#drop('could be read by other users')
      return parse(await readFile(this.#path, 'utf8')) ?? (await this.#drop('was damaged'))
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      return await this.#drop(`can not be read (${systemCode(error) ?? 'unknown reason'})`)
    }
  }

  async write({ user, msal }: SignIn): Promise<void> {
    await ensurePrivateDir(this.#folder)
    const data = `${JSON.stringify({ version: 1, user, msal: withoutAccessTokens(msal) })}\n`
    await replaceFile({ path: this.#path, data })
  }

  async remove(): Promise<void> {
    await removeFile(this.#path)
  }

  async #drop(why: string): Promise<undefined> {
    this.#warn(`the sign-in ${why}, so it is forgotten`)
    await removeFile(this.#path).catch(() => {})
    return undefined
  }
}

function withoutAccessTokens(msal: string): string {
  const { AccessToken: _, ...others } = parseObject(msal) ?? {}
  return JSON.stringify({ ...others, AccessToken: {} })
}

function parse(text: string): SignIn | undefined {
  const { version, user, msal } = parseObject(text) ?? {}
  if (
    version !== 1 ||
    typeof msal !== 'string' ||
    parseObject(msal) === undefined ||
    typeof user !== 'object' ||
    user === null
  )
    return undefined
  const { homeAccountId, username, name, objectId, tenantId } = user as Record<string, unknown>
  const fields = { homeAccountId, username, name, objectId, tenantId }
  return Object.values(fields).every((value) => typeof value === 'string')
    ? { user: fields as unknown as SignedInUser, msal }
    : undefined
}
