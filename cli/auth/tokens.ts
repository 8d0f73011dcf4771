/** getToken(): the cache first, then the credential that `--auth` names. */
import { createHash } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import { othersMayRead, readTextFile } from '../files.ts'
import type { Http } from '../http.ts'
import type { SettingValues } from '../settings.ts'
import { authorityOf, GUID } from './authority.ts'
import type { ClientAssertions } from './client-assertion.ts'
import type { AccessToken, TokenRequest } from './msal.ts'
import type { CertificateSource, SourceDeps } from './sources/source.ts'
import { throughCache } from './through-cache.ts'
import type { KeptToken, TokenCache, TokenKey } from './token-cache.ts'

export interface TokensDeps extends SourceDeps {
  readonly settings: SettingValues
  /** The source that `--auth` names; undefined for `--auth secret`. */
  readonly source: CertificateSource | undefined
  readonly http: Http
  /** Undefined with `--no-cache`. */
  readonly cache: TokenCache | undefined
  /** CA and proxy, see TokenKey. */
  readonly trust: string
}

export interface CachedToken extends AccessToken {
  readonly fromCache: boolean
}

export interface Tokens {
  /**
   * An access token for the API, out of the cache where there is one; never `refused`, which the API did not take.
   *
   * msal-node 7 asks for the client assertion before it looks into its own cache, so without ours every run would sign.
   */
  get(refused?: string): Promise<CachedToken>
}

export function createTokens(deps: TokensDeps): Tokens {
  const { settings, source, cache, http, trust } = deps
  // Kept from one token to the next: an assertion outlives the request that it was signed for.
  let kept: { readonly credential: string; readonly assertions: ClientAssertions } | undefined

  const acquire = async (request: ApiRequest, credential: string, secret = ''): Promise<KeptToken> => {
    const { acquireToken } = await import('./msal.ts')
    if (source === undefined) return acquireToken({ ...request, credential: { secret } }, http)
    const { createClientAssertions } = await import('./client-assertion.ts')
    if (kept?.credential !== credential) {
      kept = { credential, assertions: createClientAssertions(request.clientId, source, settings, deps) }
    }
    const { assertions } = kept
    const signed = {
      ...request,
      credential: { signAssertion: (endpoint: string) => assertions.sign(endpoint) },
    }
    const token = await acquireToken(signed, http).catch(async (refusal: unknown) => {
      if (!(await assertions.renew(refusal))) throw refusal
      deps.trace('another certificate is in its place by now: once more with that')
      return acquireToken(signed, http)
    })
    return { ...token, certificate: assertions.used() }
  }

  return {
    async get(refused) {
      const request = {
        authority: authorityOf(settings),
        clientId: clientIdOf(settings),
        scope: scopeOf(settings),
      }
      const secret = source === undefined ? await clientSecret(deps) : undefined
      const credential =
        source === undefined ? `secret:${digest(secret ?? '')}` : await source.identify(settings, deps)
      const key: TokenKey = {
        authority: request.authority.url,
        clientId: request.clientId,
        scope: request.scope,
        credential,
        account: '',
        trust,
      }
      const { signal } = deps
      return told(
        await throughCache({ cache, key, signal, refused }, () => acquire(request, credential, secret)),
      )
    },
  }

  /** A cached token must not hide that the certificate behind it ends soon. */
  async function told({ certificate, ...token }: KeptToken & CachedToken): Promise<CachedToken> {
    if (certificate === undefined) return token
    const { expiryWarning } = await import('../expiry-warning.ts')
    const warning = expiryWarning(certificate)
    if (warning) deps.warn(warning)
    return token
  }
}

type ApiRequest = Omit<TokenRequest, 'credential'>

/** From the variable or the file, whichever was set more strongly. */
export async function clientSecret({
  settings,
  warn,
}: Pick<TokensDeps, 'settings' | 'warn'>): Promise<string> {
  const which = settings.strongest('clientSecretFile', 'clientSecret')
  if (which === undefined) {
    throw new AppError('setting-missing', 'there is no client secret (clientSecret, clientSecretFile)', {
      hint: 'set CLIENT_SECRET, or name a 0600 file with --client-secret-file FILE; or use a certificate: --auth cert',
    })
  }
  const file = settings.need(which)
  const secret = which === 'clientSecretFile' ? await readTextFile(file, 'the client secret') : file
  if (which === 'clientSecretFile' && (await othersMayRead(file))) {
    warn(`${file} holds a client secret and can be read by other users: chmod 600 ${file}`)
  }
  if (secret.trim() === '') {
    throw new AppError('setting-invalid', 'the client secret is empty', {
      hint: 'set CLIENT_SECRET, or name a file: --client-secret-file FILE',
    })
  }
  if (GUID.test(secret)) {
    throw new AppError(
      'setting-invalid',
      "the client secret looks like a secret's id (a GUID), not its value",
      {
        hint: `copy the column "Value" in the portal; it is shown once, so if it is lost make a new one: (umask 077; az ad app credential reset --append --id ${settings.get('clientId') ?? 'CLIENT_ID'} --query password -o tsv >client-secret), then: --client-secret-file client-secret`,
      },
    )
  }
  return secret
}

export function clientIdOf(settings: SettingValues): string {
  const clientId = settings.need('clientId')
  if (GUID.test(clientId)) return clientId
  throw new AppError('setting-invalid', `the client id (${settings.from('clientId')}) is not a GUID`, {
    hint: 'copy "Application (client) ID" from the overview of the app registration: todo-cli config set clientId ID',
  })
}

export function scopeOf(settings: SettingValues): string {
  const scope = settings.need('scopes')
  if (/^\S+\/\.default$/.test(scope)) return scope
  throw new AppError(
    'setting-invalid',
    `the scope "${scope}" (${settings.from('scopes')}) does not end in /.default, as a daemon's must`,
    {
      hint: `write it as api://API_CLIENT_ID/.default`,
    },
  )
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64url')
