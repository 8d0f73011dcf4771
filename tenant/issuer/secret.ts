import type { Clock } from '../clock.ts'
import { isSecretOf } from '../credentials.ts'
import type { Application } from '../directory.ts'
import { EntraError } from './errors.ts'

/**
 * The step that checks a client secret.
 *
 * @throws EntraError 7000215 for a wrong one, 7000222 for one that has expired
 */
export function checkSecret(client: Application, secret: string, clock: Clock): void {
  const now = clock.now().toISOString()
  const matching = client.passwordCredentials.filter((credential) => isSecretOf(credential, secret))
  if (matching.some(({ startDateTime, endDateTime }) => startDateTime <= now && now < endDateTime)) return
  if (matching.some(({ endDateTime }) => endDateTime <= now)) {
    throw new EntraError(
      401,
      'invalid_client',
      7000222,
      `The provided client secret keys for app '${client.appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
      client.appId,
    )
  }
  throw new EntraError(
    401,
    'invalid_client',
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client.appId}'.`,
    client.appId,
  )
}
