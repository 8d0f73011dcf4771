/**
 * Proof of possession for addKey and removeKey: a JWT that an existing, valid key of the application signed.
 * https://learn.microsoft.com/graph/application-rollkey-prooftoken
 */
import { X509Certificate } from 'node:crypto'
import { jwtVerify } from 'jose'
import type { Clock } from '../clock.ts'
import type { Application } from '../directory.ts'
import { GraphError } from './errors.ts'

const AUDIENCE = '00000002-0000-0000-c000-000000000000'

/** In seconds. */
const LIFE_MAX = 600
const SKEW = 60

/** @throws GraphError 401 `Authentication_MissingOrMalformed` */
export async function assertProof(proof: unknown, application: Application, clock: Clock): Promise<void> {
  const now = clock.now()
  const valid = application.keyCredentials.filter(
    ({ startDateTime, endDateTime }) => startDateTime <= now.toISOString() && now.toISOString() < endDateTime,
  )
  for (const { key } of valid) {
    if (await isProof(String(proof), application, key, now)) return
  }
  throw new GraphError(401, 'Authentication_MissingOrMalformed', 'Access Token missing or malformed.')
}

async function isProof(proof: string, { id }: Application, key: string, now: Date): Promise<boolean> {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(key, 'base64'))
    const { payload } = await jwtVerify(proof, publicKey, {
      algorithms: ['RS256', 'PS256'],
      audience: AUDIENCE,
      issuer: id,
      currentDate: now,
      clockTolerance: SKEW,
      requiredClaims: ['nbf', 'exp'],
    })
    return (payload.exp ?? 0) - (payload.nbf ?? 0) <= LIFE_MAX
  } catch {
    return false
  }
}
