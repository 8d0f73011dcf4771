import { X509Certificate } from 'node:crypto'
import { assertUsable } from '../../core/certificate.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import { signAssertion } from '../auth/assertion.ts'
import { authorityOf } from '../auth/authority.ts'
import { algorithmOf } from '../auth/client-assertion.ts'
import { clientIdOf, clientSecret } from '../auth/tokens.ts'
import type { Context } from '../context.ts'
import type { SettingValues } from '../settings.ts'
import type { Check, Finding } from './check.ts'
import type { Found } from './checks.ts'

/** Days before its end from which a certificate is worth a warning. */
const WARN_DAYS = 30

/** The secret is there; or the certificate opens, is within its dates, and its key signs. */
export const credentialCheck = (context: Context, found: Found): Check => ({
  name: 'credential',
  // What is wrong with the clock looks like dates that are wrong; what is wrong with the vault is told there.
  needs: ['settings', 'vault'],
  async run() {
    const settings = await context.settings()
    const { source, deps } = await context.source()
    if (settings.get('auth') === 'user') return signedInUser(context, settings)
    if (source === undefined) {
      const secret = await clientSecret({ settings, warn: deps.warn })
      found.secretHint = secret.slice(0, 3)
      return {
        status: 'ok',
        seen: `a client secret (${settings.from(settings.strongest('clientSecretFile', 'clientSecret') ?? '')})`,
      }
    }
    await source.identify(settings, deps)
    const certificate = await source.open(settings, deps)
    const leaf = new X509Certificate(certificate.chainPem[0])
    assertUsable(leaf, certificate.origin)
    // Signed as for a token, so that a key that may not sign is found here; sent nowhere.
    await signAssertion(certificate, {
      clientId: clientIdOf(settings),
      tokenEndpoint: `${authorityOf(settings).url}/oauth2/v2.0/token`,
      alg: algorithmOf(source, settings),
    })
    found.thumbprint = thumbprintsOf(leaf.raw).sha1
    return lifetime(certificate.origin, found.thumbprint, leaf.validToDate)
  },
})

/** Whether the sign-in still holds, the token tells. */
async function signedInUser({ home, out }: Context, settings: SettingValues): Promise<Finding> {
  const { signedOut, signInFile } = await import('../auth/user.ts')
  const signedIn = await signInFile({ settings, folder: home.tokens, warn: (line) => out.warn(line) }).read()
  if (signedIn === undefined) throw signedOut('no user is signed in')
  return { status: 'ok', seen: `the user ${signedIn.user.username} is signed in` }
}

function lifetime(origin: string, thumbprint: string, end: Date): Finding {
  const days = Math.floor((end.getTime() - Date.now()) / 86_400_000)
  const seen = `${origin}, SHA-1 ${thumbprint}, signs, ${days} days left`
  if (days >= WARN_DAYS) return { status: 'ok', seen }
  return { status: 'warn', seen, next: 'replace it while it works: todo-cli cert rotate' }
}
