/** The client assertions of one credential: signed once for their lifetime, and anew with another certificate. */
import type { AssertionAlgorithm, ClientCertificate } from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import type { UsedCertificate } from '../expiry-warning.ts'
import type { SettingValues } from '../settings.ts'
import { ASSERTION_LIFETIME, signAssertion } from './assertion.ts'
import type { SignedAssertion } from './msal.ts'
import type { CertificateSource, SourceDeps } from './sources/source.ts'

export interface ClientAssertions {
  /** An assertion for the token endpoint: the one from before, as long as it lives for another minute. */
  sign(tokenEndpoint: string): Promise<SignedAssertion>
  /**
   * Whether another try is worth it after the issuer refused: the certificate, read again, is another one than that which
   * was refused. The next assertion is signed with it.
   */
  renew(refusal: unknown): Promise<boolean>
  /** The certificate that signed last. */
  used(): UsedCertificate | undefined
}

/** Milliseconds of an assertion's life in which it is not used any more, for it has to get there. */
const MARGIN = 60_000

/**
 * Refusals for which the certificate is read again, because a new one may be in its place: not registered or expired,
 * not in its time, revoked or blocked. The codes of Microsoft.Identity.Web, which does the same:
 * https://github.com/AzureAD/microsoft-identity-web/blob/master/src/Microsoft.Identity.Web.TokenAcquisition/Constants.cs
 */
const RELOAD: readonly string[] = ['700027', '700024', '7000214', '1000502', '7000274', '7000277'].map(
  (code) => `AADSTS${code}`,
)

interface Kept extends SignedAssertion {
  readonly until: number
}

export function createClientAssertions(
  clientId: string,
  source: CertificateSource,
  settings: SettingValues,
  deps: SourceDeps,
): ClientAssertions {
  const alg = algorithmOf(source, settings)
  const kept = new Map<string, Promise<Kept>>()
  let opened: ClientCertificate | undefined

  const make = async (tokenEndpoint: string, certificate?: ClientCertificate): Promise<Kept> => {
    opened = certificate ?? (await source.open(settings, deps))
    const now = new Date()
    const assertion = await signAssertion(opened, { clientId, tokenEndpoint, alg, now })
    return { assertion, origin: opened.origin, until: now.getTime() + ASSERTION_LIFETIME * 1000 - MARGIN }
  }
  let renewed: ClientCertificate | undefined
  return {
    async sign(tokenEndpoint) {
      const before = kept.get(tokenEndpoint)
      if (before && (await before).until > Date.now()) return before
      const fresh = make(tokenEndpoint, renewed)
      renewed = undefined
      kept.set(tokenEndpoint, fresh)
      // What failed is not kept: the next call tries again.
      fresh.catch(() => kept.delete(tokenEndpoint))
      return fresh
    },
    used: () => opened,
    async renew(refusal) {
      if (!(refusal instanceof AppError) || !RELOAD.includes(refusal.serviceCode ?? '')) return false
      const used = opened?.chainPem[0]
      kept.clear()
      // The refusal is what the user has to know; that the certificate can not be read again is not.
      const again = await source.open(settings, deps).catch(() => undefined)
      if (again === undefined || again.chainPem[0] === used) return false
      renewed = again
      return true
    },
  }
}

/** What `--assertion-alg` says; where nobody said it, what the source can do. */
export function algorithmOf(
  { algorithms = ['PS256'] }: CertificateSource,
  settings: SettingValues,
): AssertionAlgorithm {
  const [best = 'PS256'] = algorithms
  if (settings.from('assertionAlg') === 'default') return best
  return settings.get('assertionAlg') === 'RS256' ? 'RS256' : 'PS256'
}
