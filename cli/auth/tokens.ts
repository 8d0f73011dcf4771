/** getToken(): the cache first, then the credential that `--auth` names. */
import { createHash } from 'node:crypto'
import type { AssertionAlgorithm } from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import { othersMayRead, readTextFile } from '../files.ts'
import type { Http } from '../http.ts'
import type { SettingValues } from '../settings.ts'
import { authorityOf, GUID } from './authority.ts'
import type { AccessToken, Credential } from './msal.ts'
import type { CertificateSource, SourceDeps } from './sources/source.ts'
import type { TokenCache, TokenKey } from './token-cache.ts'

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
  return {
    async get(refused) {
      const { settings, source, cache, http } = deps
      const authority = authorityOf(settings)
      const clientId = clientIdOf(settings)
      const scope = scopeOf(settings)
      const secret = source === undefined ? await clientSecret(deps) : undefined
      const credential =
        source === undefined ? `secret:${digest(secret ?? '')}` : await source.identify(settings, deps)
      const key: TokenKey = {
        authority: authority.url,
        clientId,
        scope,
        credential,
        account: '',
        trust: deps.trust,
      }
      const usable = async (): Promise<CachedToken | undefined> => {
        const cached = await cache?.get(key)
        return cached && cached.token !== refused ? { ...cached, fromCache: true } : undefined
      }
      const cached = await usable()
      if (cached) return cached
      const lock = await cache?.lock(key, deps.signal)
      try {
        const meanwhile = lock && (await usable())
        if (meanwhile) return meanwhile
        const { acquireToken } = await import('./msal.ts')
        const request = { authority, clientId, scope, credential: credentialOf(deps, clientId, secret) }
        const token = await acquireToken(request, http)
        await cache?.set(key, token)
        return { ...token, fromCache: false }
      } finally {
        lock?.release()
      }
    },
  }
}

function credentialOf(deps: TokensDeps, clientId: string, secret: string | undefined): Credential {
  const { source, settings } = deps
  if (source === undefined) return { secret: secret ?? '' }
  return {
    signAssertion: async (tokenEndpoint) => {
      const certificate = await source.open(settings, deps)
      const { signAssertion } = await import('./assertion.ts')
      const alg = settings.need('assertionAlg') as AssertionAlgorithm
      const assertion = await signAssertion(certificate, { clientId, tokenEndpoint, alg })
      return { assertion, origin: certificate.origin }
    },
  }
}

/** From the variable or the file, whichever was set more strongly. */
async function clientSecret({ settings, warn }: TokensDeps): Promise<string> {
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
        hint: 'copy the column "Value" in the portal; it is shown once, so make a new secret if it is lost',
      },
    )
  }
  return secret
}

function clientIdOf(settings: SettingValues): string {
  const clientId = settings.need('clientId')
  if (GUID.test(clientId)) return clientId
  throw new AppError('setting-invalid', `the client id (${settings.from('clientId')}) is not a GUID`, {
    hint: 'copy "Application (client) ID" from the overview of the app registration',
  })
}

function scopeOf(settings: SettingValues): string {
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
