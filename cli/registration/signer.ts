/** The certificate that signs proofs of possession, and the app's own keys opened with it. */
import { authorityOf } from '../auth/authority.ts'
import { createClientAssertions } from '../auth/client-assertion.ts'
import { acquireToken } from '../auth/msal.ts'
import type { CertificateSource } from '../auth/sources/source.ts'
import { clientIdOf } from '../auth/tokens.ts'
import type { Context } from '../context.ts'
import { graphScope } from '../graph/caller.ts'
import { createGraphCalls } from '../graph/calls.ts'
import { createOwnKeys, type OwnKeys } from '../graph/own-keys.ts'
import type { SettingValues } from '../settings.ts'
import { timeoutOf } from '../vault/client.ts'
import { VAULT_SETTINGS } from '../vault/settings.ts'
import { REGISTRATION_SETTINGS } from './settings.ts'

/** The credential that signs proofs: a certificate source and what it is opened with. */
export interface Signer {
  readonly settings: SettingValues
  readonly source: CertificateSource
}

/** The certificate that `--auth` names. Undefined for a secret, which signs nothing. */
export async function signerOf(context: Context): Promise<Signer | undefined> {
  const { source } = await context.source()
  const settings = await context.settings([...VAULT_SETTINGS, ...REGISTRATION_SETTINGS])
  return source && { settings, source }
}

/**
 * The app's own keys, with the present certificate as its proof.
 *
 * @throws AppError `setting-missing` where the object id is not known, `issuer-…` where the app gets no token for Graph
 */
export async function openOwnKeys(context: Context, { settings, source }: Signer): Promise<OwnKeys> {
  const { deps } = await context.source()
  const http = await context.http()
  const [graphUrl, objectId, clientId] = [
    settings.need('graphUrl'),
    settings.need('appObjectId'),
    clientIdOf(settings),
  ]
  const assertions = createClientAssertions(clientId, source, settings, deps)
  let token: ReturnType<typeof acquireToken> | undefined
  const calls = createGraphCalls({
    http,
    graphUrl,
    signal: context.io.signal,
    timeoutMs: timeoutOf(settings),
    token: async () => {
      token ??= acquireToken(
        {
          authority: authorityOf(settings),
          clientId,
          scope: graphScope(graphUrl),
          credential: { signAssertion: (endpoint) => assertions.sign(endpoint) },
        },
        http,
      )
      return (await token).token
    },
  })
  return createOwnKeys({ calls, objectId, certificate: await source.open(settings, deps) })
}
