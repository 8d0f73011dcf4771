/** The credentials of an app registration: made, and compared. */
import { createHash, randomBytes, randomInt, randomUUID, timingSafeEqual, X509Certificate } from 'node:crypto'
import { thumbprintsOf } from '../core/thumbprints.ts'
import type { KeyCredential, PasswordCredential } from './directory.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new client secret: 40 characters, as Entra's are. The first three are its hint, which anybody with the directory sees. */
export function newSecret(): string {
  const hint = Array.from({ length: 3 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return `${hint}8Q~${randomBytes(26).toString('base64url').slice(0, 34)}`
}

export interface PasswordSpec {
  readonly displayName?: string | null
  readonly startDateTime: Date
  readonly endDateTime: Date
}

/** What the directory keeps of a secret: never the secret. */
export function passwordCredential(secret: string, spec: PasswordSpec): PasswordCredential {
  return {
    keyId: randomUUID(),
    displayName: spec.displayName ?? null,
    startDateTime: spec.startDateTime.toISOString(),
    endDateTime: spec.endDateTime.toISOString(),
    hint: secret.slice(0, 3),
    sha256: sha256(secret),
  }
}

/** True when the secret is the one that the credential was made of. Takes the same time whichever character differs. */
export function isSecretOf({ sha256: kept }: PasswordCredential, secret: string): boolean {
  return timingSafeEqual(Buffer.from(kept, 'hex'), Buffer.from(sha256(secret), 'hex'))
}

/** True when two texts are the same. Takes the same time whichever character differs. */
export function isSameText(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(left), 'hex'), Buffer.from(sha256(right), 'hex'))
}

/** The public part of a certificate, as an app registration keeps it. */
export function keyCredential(certificatePem: string, displayName: string | null = null): KeyCredential {
  const certificate = new X509Certificate(certificatePem)
  return {
    keyId: randomUUID(),
    customKeyIdentifier: thumbprintsOf(certificate.raw).sha1,
    displayName,
    startDateTime: certificate.validFromDate.toISOString(),
    endDateTime: certificate.validToDate.toISOString(),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    key: certificate.raw.toString('base64'),
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
