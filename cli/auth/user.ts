/**
 * `--auth user`: a user's tokens, by the device code flow (RFC 8628) and MSAL Node's PublicClientApplication; later silently,
 * by the refresh token.
 */
import type { AccountInfo, AuthenticationResult, PublicClientApplication } from '@azure/msal-node'
import { AppError } from '../../core/errors.ts'
import type { Http } from '../http.ts'
import type { SettingValues } from '../settings.ts'
import { type Authority, authorityOf, GUID } from './authority.ts'
import { authorityOptions, diagnosed } from './msal.ts'
import { Network, notAnAnswer } from './msal-network.ts'
import { type SignedInUser, type SignIn, SignInFile } from './sign-in.ts'
import { throughCache } from './through-cache.ts'
import type { TokenCache, TokenKey } from './token-cache.ts'
import { scopeOf, type Tokens } from './tokens.ts'

export interface UserDeps {
  readonly settings: SettingValues
  readonly http: Http
  /** Where sign-ins lie. */
  readonly folder: string
  readonly signal: AbortSignal
  warn(line: string): void
}

export interface UserTokensDeps extends UserDeps {
  /** Undefined with `--no-cache`. */
  readonly cache: TokenCache | undefined
  readonly trust: string
}

/** Whom the user is asked to sign in with, and at which issuer. */
interface Client {
  readonly authority: Authority
  readonly clientId: string
}

/** @throws AppError `setting-missing`, `setting-invalid` */
export function userClientOf(settings: SettingValues): Client {
  const key = settings.get('userClientId') === undefined ? 'clientId' : 'userClientId'
  const clientId = settings.need(key)
  if (GUID.test(clientId)) return { authority: authorityOf(settings), clientId }
  throw new AppError('setting-invalid', `the client id (${settings.from(key)}) is not a GUID`, {
    hint: 'copy "Application (client) ID" from the overview of the app registration: todo-cli config set clientId ID',
  })
}

export function signInFile({ settings, folder, warn }: Pick<UserDeps, 'settings' | 'folder' | 'warn'>) {
  const { authority, clientId } = userClientOf(settings)
  return new SignInFile(folder, { authority: authority.url, clientId }, warn)
}

/**
 * Signs a user in. `tell` is given the sentence that says which page to open and which code to enter there.
 *
 * @throws AppError `issuer-refused` where the user declines or the code ends unused; `interrupted`; what MSAL's network throws
 */
export async function signIn(deps: UserDeps, tell: (sentence: string) => void): Promise<SignedInUser> {
  const { app, network, authority } = await publicClient(deps, ['authorization_pending', 'slow_down'])
  const scopes = [scopeOf(deps.settings)]
  const request = {
    scopes,
    cancel: false,
    deviceCodeCallback: ({ message }: { message: string }) => tell(message),
  }
  const interrupted = new Promise<never>((_, reject) => {
    deps.signal.addEventListener('abort', () => {
      request.cancel = true
      reject(new AppError('interrupted', 'nobody was signed in'))
    })
  })
  // MSAL looks at `cancel` only between two polls.
  const result = await Promise.race([app.acquireTokenByDeviceCode(request), interrupted]).catch(
    async (error: unknown) => {
      if (error instanceof AppError && error.code === 'interrupted') throw error
      throw refusedSignIn(network.lastError ?? (await diagnosed(error, authority, deps.http)))
    },
  )
  if (!result?.account) throw notAnAnswer()
  const user = userOf(result.account)
  await signInFile(deps).write({ user, msal: app.getTokenCache().serialize() })
  return user
}

/** To an app the same code says that its credential is missing; a sign-in has none to give. */
function refusedSignIn(error: unknown): unknown {
  if (!(error instanceof AppError) || error.serviceCode !== 'AADSTS7000218') return error
  const { code, serviceCode } = error
  return new AppError(code, 'the app may not sign users in: it is no public client (AADSTS7000218)', {
    hint: 'register one that may: todo-cli app create --login; or in the portal: Authentication, Allow public client flows',
    serviceCode,
    cause: error,
  })
}

/** Like `createTokens` for an app: the cache first, then the refresh token. Never asks the user. */
export function createUserTokens(deps: UserTokensDeps): Tokens {
  const { settings, cache, trust } = deps
  return {
    async get(refused) {
      const { authority, clientId } = userClientOf(settings)
      const signedIn = await signInFile(deps).read()
      if (signedIn === undefined) throw signedOut('no user is signed in')
      const key: TokenKey = {
        authority: authority.url,
        clientId,
        scope: scopeOf(settings),
        credential: 'user',
        account: signedIn.user.homeAccountId,
        trust,
      }
      const { signal } = deps
      // A refresh token is replaced as it is used: whoever waited for another process reads the sign-in again.
      return throughCache({ cache, key, signal, refused }, async () =>
        refresh(deps, (await signInFile(deps).read()) ?? signedIn),
      )
    },
  }
}

async function refresh(deps: UserDeps, { user, msal }: SignIn) {
  const { app, network, authority } = await publicClient(deps)
  app.getTokenCache().deserialize(msal)
  const accounts = await app.getAllAccounts()
  const account = accounts.find(({ homeAccountId }) => homeAccountId === user.homeAccountId)
  if (account === undefined) throw signedOut(`the sign-in of ${user.username} is incomplete`)
  let result: AuthenticationResult | null
  try {
    result = await app.acquireTokenSilent({ account, scopes: [scopeOf(deps.settings)] })
  } catch (thrown) {
    const error = network.lastError ?? (await diagnosed(thrown, authority, deps.http))
    if (error instanceof AppError && error.code === 'issuer-refused') {
      throw signedOut(`the sign-in of ${user.username} has ended`, error)
    }
    throw error
  }
  if (!result?.accessToken || !result.expiresOn) throw notAnAnswer()
  await signInFile(deps).write({ user, msal: app.getTokenCache().serialize() })
  return { token: result.accessToken, expiresAt: result.expiresOn }
}

async function publicClient(
  { settings, http }: UserDeps,
  passed: readonly string[] = [],
): Promise<{ app: PublicClientApplication; network: Network; authority: Authority }> {
  const { authority, clientId } = userClientOf(settings)
  const network = new Network(http, { passed, clientId, scope: settings.get('scopes') })
  const auth = { clientId, ...(await authorityOptions(authority, http)) }
  const { PublicClientApplication, LogLevel } = await import('@azure/msal-node')
  const app = new PublicClientApplication({
    auth,
    system: {
      networkClient: network,
      loggerOptions: { logLevel: LogLevel.Error, loggerCallback: () => {}, piiLoggingEnabled: false },
    },
  })
  return { app, network, authority }
}

export function signedOut(message: string, cause?: AppError): AppError {
  const { serviceCode } = cause ?? {}
  return new AppError('user-signed-out', message, { hint: 'todo-cli login', cause, serviceCode })
}

const userOf = ({ homeAccountId, username, name, localAccountId, tenantId }: AccountInfo): SignedInUser => ({
  homeAccountId,
  username,
  name: name ?? username,
  objectId: localAccountId,
  tenantId,
})
