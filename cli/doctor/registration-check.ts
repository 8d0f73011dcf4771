import { clientIdOf } from '../auth/tokens.ts'
import type { Context } from '../context.ts'
import { isRegistered } from '../registration/known-certificate.ts'
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
    const answer = await isRegistered(context, clientIdOf(await context.settings()), thumbprint)
    if (answer.known === undefined) {
      const { message, code } = answer.error
      return { status: 'warn', seen: `the registration can not be read: ${message}`, code }
    }
    if (answer.known) return { status: 'ok', seen: `registered with ${answer.app}` }
    return {
      status: 'fail',
      seen: `${answer.app} has ${answer.registered} certificates, none with SHA-1 ${thumbprint}`,
      next: 'register it: todo-cli app credential add CERT',
      code: 'issuer-refused',
    }
  },
})
