/**
 * What the claims of an access token mean.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */

const MEANINGS: Readonly<Record<string, string>> = {
  aud: 'The API that the token is for; any other refuses it',
  iss: 'The issuer, which signed the token',
  idp: 'Who vouched for the subject',
  iat: 'Issued at; Entra dates it back five minutes',
  nbf: 'Not valid before',
  exp: 'Expires',
  azp: 'The client id of the app that asked for the token (v2.0)',
  appid: 'The client id of the app that asked for the token (v1.0)',
  app_displayname: 'The name of the app',
  oid: 'The object id of the app or user; todos belong to it',
  sub: "The subject: the app's object id, or the user as this API knows them",
  tid: 'The tenant',
  ver: 'The version of the token, which the API chooses',
  roles: 'The app roles: what an app may do on its own',
  scp: 'The scopes: what the app may do for the user',
  wids: "The tenant's directory roles of the user",
  groups: 'The groups of the user',
  name: 'The name of the user, for people to read',
  preferred_username: 'The name that the user signs in with; it can change',
  email: 'The address of the user; it proves nothing',
  upn: 'The name that the user signs in with',
  acr: 'How the user signed in (v1.0)',
  amr: 'How the user proved who they are',
  sid: 'The session of the user',
  ipaddr: 'Where the user signed in from',
  cnf: 'The key that the token is bound to',
  xms_cc: 'What the client can handle: cp1, claims challenges',
  jti: 'The id of the token',
  aio: "Entra's own; not for anyone else to read",
  rh: "Entra's own; not for anyone else to read",
  uti: "The token's id in Entra's sign-in log",
  xms_ftd: "Entra's own; not for anyone else to read",
}

/** Claims whose meaning depends on their value. */
const BY_VALUE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  azpacr: proof('azpacr'),
  appidacr: proof('appidacr'),
  idtyp: {
    app: 'The token speaks for an app, without a user',
    user: 'The token speaks for a user',
  },
}

function proof(claim: string): Record<string, string> {
  const generation = claim === 'azpacr' ? 'v2.0' : 'v1.0'
  return {
    '0': `How the app proved itself (${generation}): not at all, as a public client`,
    '1': `How the app proved itself (${generation}): with a client secret`,
    '2': `How the app proved itself (${generation}): with a certificate`,
  }
}

/** What a claim means, in a few words. Claims that start with `xms_` and are not known are Entra's own. */
export function meaningOf(claim: string, value: unknown): string {
  const byValue = own(BY_VALUE, claim)
  const meaning = (byValue && typeof value === 'string' && own(byValue, value)) || own(MEANINGS, claim)
  if (meaning) return meaning
  return claim.startsWith('xms_')
    ? (MEANINGS.aio ?? '')
    : 'Not a claim that Entra documents for access tokens'
}

/** Opaque claims, which nobody needs to see whole. */
export const isOpaque = (claim: string) => own(MEANINGS, claim) === MEANINGS.aio || claim === 'uti'

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
