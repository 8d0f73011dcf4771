/** The credentials of an app in one list: certificates and secrets. */
import { daysLeft } from '../../core/certificate-details.ts'
import { thumbprintOfCredential } from '../graph/key-credential.ts'
import type { Application } from '../graph/objects.ts'

export interface AppCredential {
  readonly keyId: string
  readonly kind: 'certificate' | 'secret'
  /** SHA-1, hexadecimal; empty for a secret. */
  readonly thumbprint: string
  readonly displayName: string
  /** ISO 8601; empty where Graph does not say. */
  readonly startDateTime: string
  readonly endDateTime: string
  /** Rounded down, negative once it has ended; undefined where Graph does not say. */
  readonly daysLeft: number | undefined
}

export function credentialsOf(
  app: Pick<Application, 'keyCredentials' | 'passwordCredentials'>,
): AppCredential[] {
  const certificates = app.keyCredentials.map((credential) => ({
    keyId: credential.keyId ?? '',
    kind: 'certificate' as const,
    thumbprint: thumbprintOfCredential(credential) ?? '',
    ...common(credential),
  }))
  const secrets = app.passwordCredentials.map((credential) => ({
    keyId: credential.keyId,
    kind: 'secret' as const,
    thumbprint: '',
    ...common(credential),
  }))
  return [...certificates, ...secrets]
}

/** Whether it proves who the app is, today. */
export function works({ startDateTime, endDateTime }: AppCredential, now: Date = new Date()): boolean {
  const [start, end] = [Date.parse(startDateTime), Date.parse(endDateTime)]
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
    startDateTime: startDateTime ?? '',
    endDateTime: endDateTime ?? '',
    daysLeft: Number.isNaN(notAfter.getTime()) ? undefined : daysLeft({ notAfter }),
  }
}
