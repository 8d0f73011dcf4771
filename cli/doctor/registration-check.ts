import { AppError } from '../../core/errors.ts'
import { clientIdOf } from '../auth/tokens.ts'
import type { Context } from '../context.ts'
import { createGraphClient } from '../graph/client.ts'
import { thumbprintOfCredential } from '../graph/key-credential.ts'
import type { Check } from './check.ts'
import type { Found } from './checks.ts'

/** The certificate's thumbprint is among those of the app registration, where Graph may be read. */
export const registrationCheck = (context: Context, found: Found): Check => ({
  name: 'registration',
  needs: ['settings', 'credential'],
  async run() {
    const { thumbprint } = found
    if (thumbprint === undefined)
      return { status: 'ok', seen: 'a client secret has no thumbprint to compare' }
    const clientId = clientIdOf(await context.settings())
    try {
      const { displayName, keyCredentials } = await (await createGraphClient(context)).applicationByAppId(
        clientId,
      )
      const registered = keyCredentials.map(thumbprintOfCredential)
      if (registered.includes(thumbprint)) return { status: 'ok', seen: `registered with ${displayName}` }
      return {
        status: 'fail',
        seen: `${displayName} has ${registered.length} certificates, none with SHA-1 ${thumbprint}`,
        next: 'register it: todo-cli app credential add CERT',
        code: 'issuer-refused',
      }
    } catch (error) {
      // Whoever runs a daemon seldom may read registrations: the token tells as much.
      if (error instanceof AppError && error.code.startsWith('graph-')) {
        return {
          status: 'warn',
          seen: `the registration can not be read: ${error.message}`,
          code: error.code,
        }
      }
      throw error
    }
  },
})
