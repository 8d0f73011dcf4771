import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'

/** A proof of possession for addKey and removeKey, by the key of a PEM. */
export function proofFor(id: string, keyPem: string): Promise<string> {
  const nbf = Math.floor(Date.now() / 1000)
  return new SignJWT({ aud: '00000002-0000-0000-c000-000000000000', iss: id, nbf, exp: nbf + 300 })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .sign(createPrivateKey(keyPem))
}
