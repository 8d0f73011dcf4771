/** Refresh tokens as they are kept: by their digest, never themselves. */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Application } from '../directory.ts'
import type { Collection, Document } from '../store.ts'
import type { User } from '../users.ts'
import type { UserScope } from './user-scope.ts'

/** 90 days, in milliseconds. */
export const REFRESH_LIFE = 90 * 24 * 60 * 60 * 1000

export interface StoredRefreshToken extends Document {
  readonly clientId: string
  readonly userId: string
  readonly scope: string
  /** ISO 8601 */
  readonly issuedAt: string
}

export interface RefreshTokenDeps {
  readonly refreshTokens: Collection<StoredRefreshToken>
  readonly clock: Clock
}

interface Grantee {
  readonly client: Application
  readonly user: User
  readonly scope: UserScope
}

/** Makes one; those that nobody can use any more go. */
export function newRefreshToken(
  { client, user, scope }: Grantee,
  { refreshTokens, clock }: RefreshTokenDeps,
): string {
  const now = clock.now().getTime()
  for (const old of refreshTokens.all()) {
    if (now - Date.parse(old.issuedAt) > 2 * REFRESH_LIFE) refreshTokens.delete(old.id)
  }
  const token = `1.${randomBytes(48).toString('base64url')}`
  const { openid, scopes, uri } = scope
  refreshTokens.put({
    id: digest(token),
    clientId: client.appId,
    userId: user.id,
    scope: [...openid, ...scopes.map((name) => `${uri}/${name}`)].join(' '),
    issuedAt: clock.now().toISOString(),
  })
  return token
}

export function findRefreshToken(
  token: string,
  { refreshTokens }: RefreshTokenDeps,
): StoredRefreshToken | undefined {
  return refreshTokens.get(digest(token))
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
