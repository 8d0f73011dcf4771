import { createPrivateKey, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { ReadyServer } from './plan.ts'

/** The bodies of token requests, each with a PS256 assertion of its own. */
export async function requestsFor(server: ReadyServer, count: number): Promise<string[]> {
  const key = createPrivateKey(server.privateKeyPem)
  const now = Math.floor(Date.now() / 1000)
  const sign = async () => {
    const assertion = await new SignJWT({ jti: randomUUID(), nbf: now, iat: now, exp: now + 600 })
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', ...server.header })
      .setIssuer(server.clientId)
      .setSubject(server.clientId)
      .setAudience(server.audience)
      .sign(key)
    return new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: server.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...server.form,
    }).toString()
  }
  return Promise.all(Array.from({ length: count }, sign))
}
