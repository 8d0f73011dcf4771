/** The credentials of an app in one list: certificates and secrets. */
import { daysLeft } from '../../core/certificate-details.ts'
import { thumbprintOfCredential } from '../graph/key-credential.ts'
import type { Application } from '../graph/objects.ts'

export interface AppCredential {
  readonly keyId: string
  readonly kind: 'certificate' | 'secret'
  /** SHA-1, hexadecimal; null for a secret. */
  readonly thumbprint: string | null
  readonly displayName: string
  /** ISO 8601; null where Graph does not say. */
  readonly startDateTime: string | null
  readonly endDateTime: string | null
  /** Rounded down, negative once it has ended; null where Graph does not say. */
  readonly daysLeft: number | null
}

export function credentialsOf(
  app: Pick<Application, 'keyCredentials' | 'passwordCredentials'>,
): AppCredential[] {
  const certificates = app.keyCredentials.map((credential) => ({
    keyId: credential.keyId ?? '',
    kind: 'certificate' as const,
    thumbprint: thumbprintOfCredential(credential) ?? null,
    ...common(credential),
  }))
  const secrets = app.passwordCredentials.map((credential) => ({
    keyId: credential.keyId,
    kind: 'secret' as const,
    thumbprint: null,
    ...common(credential),
  }))
  return [...certificates, ...secrets]
}

/** Whether it proves who the app is, today. */
export function works({ startDateTime, endDateTime }: AppCredential, now: Date = new Date()): boolean {
  const [start, end] = [Date.parse(startDateTime ?? ''), Date.parse(endDateTime ?? '')]
  return !(start > now.getTime()) && !(end <= now.getTime())
}

interface Dated {
  readonly displayName?: string | null | undefined
  readonly startDateTime?: string | null | undefined
  readonly endDateTime?: string | null | undefined
}

function common({ displayName, startDateTime, endDateTime }: Dated) {
  const notAfter = new Date(endDateTime ?? Number.NaN)
  return {
    displayName: displayName ?? '',
    startDateTime: startDateTime ?? null,
    endDateTime: endDateTime ?? null,
    daysLeft: Number.isNaN(notAfter.getTime()) ? null : daysLeft({ notAfter }),
  }
}
