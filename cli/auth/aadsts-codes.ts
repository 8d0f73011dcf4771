/**
 * The error codes of Microsoft Entra that an app with a credential, or a user who signs in to it, can meet.
 *
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import type { Explanation, Explanations } from '../explain/explanation.ts'

const NEW_CERTIFICATE =
  'make and register a new one: todo-cli cert create NAME, then: todo-cli app credential add certs/NAME.pem'

/** --append: without it `reset` takes away every other secret and certificate of the app. */
const NEW_SECRET =
  '(umask 077; az ad app credential reset --append --id CLIENT_ID --query password -o tsv >client-secret), then: --client-secret-file client-secret; or use a certificate: todo-cli cert create daemon'

const AUTHORITY =
  'see which tenant is yours: az account show --query tenantId -o tsv; then: todo-cli config set authority https://login.microsoftonline.com/TENANT_ID (an external tenant: https://NAME.ciamlogin.com/TENANT_ID)'

const SCOPES = 'todo-cli config set scopes api://ID_OF_THE_API/.default (or --scopes, SCOPES)'

const CONSENT =
  'grant it: az ad app permission admin-consent --id CLIENT_ID (as an administrator); for an app that this program made: todo-cli app create'

const ASSERTION = 'see what is sent and answered: todo-cli token show --no-cache --verbose; and report it'

const SIGN_IN = 'sign in again: todo-cli login'

const AGAIN = 'try again in a minute: todo-cli token show --no-cache'

const NOT_REGISTERED: Explanation = {
  means: 'the certificate is not registered with the app',
  hint: 'register it: todo-cli app credential add CERT (or in the portal: App registrations, Certificates & secrets)',
}

/** By code, without the letters. */
export const AADSTS: Explanations = {
  // The tenant.
  '90002': { means: 'there is no such tenant in this cloud', hint: AUTHORITY },
  '900023': {
    means: 'the tenant at the end of the authority is neither a GUID nor a domain',
    hint: AUTHORITY,
  },
  '50059': { means: 'the request names no tenant', hint: AUTHORITY },
  '50049': { means: "Microsoft's clouds do not know the host of the authority", hint: AUTHORITY },
  '50128': { means: 'the domain at the end of the authority belongs to no tenant', hint: AUTHORITY },
  '90038': {
    means: 'the tenant is in another cloud of Microsoft',
    hint: 'take that cloud: todo-cli config set authority https://login.microsoftonline.us/TENANT_ID (US government; China: https://login.partner.microsoftonline.cn/TENANT_ID)',
  },
  '50194': {
    means: 'the app is of one tenant, and "common" was asked in place of it',
    hint: AUTHORITY,
  },
  '9001023': { means: 'an app can not sign in at "common": it needs its tenant', hint: AUTHORITY },

  // The app.
  '700016': {
    means: 'the tenant has no app with this client id',
    hint: "if this is an object id, see the app's client id: az ad app show --id CLIENT_ID --query appId -o tsv; then: todo-cli config set clientId ID; if the tenant is another: todo-cli config get authority",
  },
  '700038': {
    means: 'this is not the id of an application',
    hint: 'see the ids of your apps: az ad app list --show-mine --query "[].[appId, displayName]" -o tsv; then: todo-cli config set clientId ID',
  },
  '70001': {
    means: 'the app is disabled, or not in this tenant',
    hint: 'see whether it is there: az ad sp show --id CLIENT_ID --query accountEnabled',
  },
  '700011': {
    means: 'the app is not in this tenant',
    hint: 'see whether it is there: az ad sp show --id CLIENT_ID --query displayName',
  },
  '7000112': {
    means: 'the app is disabled in this tenant',
    hint: 'enable it: az ad sp update --id CLIENT_ID --set accountEnabled=true',
  },
  '700025': {
    means: 'the app is registered as a public client, which has no credential',
    hint: 'act as a user: todo-cli login, then --auth user; or make it a confidential client: az ad app update --id CLIENT_ID --is-fallback-public-client false',
  },
  '70003': {
    means: 'the app may not use this grant type',
    hint: 'register a confidential client for a daemon: todo-cli app create',
  },

  // The secret.
  '7000215': {
    means: 'the client secret is wrong',
    hint: `give the secret's value, not its id; make a new one: ${NEW_SECRET}`,
  },
  '7000222': { means: 'the client secret has expired', hint: `make a new one: ${NEW_SECRET}` },
  '70002': { means: 'the credential of the app is wrong', hint: `make a new secret: ${NEW_SECRET}` },
  '7000218': {
    means: 'the request has no credential',
    hint: 'say which to use: --auth secret, --auth cert or --auth keyvault; or let users sign in with the app: az ad app update --id CLIENT_ID --is-fallback-public-client true',
  },
  '7000216': {
    means: 'the request has neither a secret nor a client assertion',
    hint: 'say which to use: --auth secret, --auth cert or --auth keyvault',
  },

  // The certificate, and the assertion that it signs.
  '700027': NOT_REGISTERED,
  '700024': {
    means: "the client assertion is not within its time: this machine's clock is wrong",
    hint: 'set it: sudo timedatectl set-ntp true; and compare: date -u',
  },
  '700021': {
    means: 'the client assertion (iss, sub) is of another app than client_id',
    hint: 'see which app it is for: todo-cli config get clientId; in a client of your own, iss and sub are the client id',
  },
  '700023': {
    means: 'the client assertion (aud) was made for another token endpoint',
    hint: 'see the authority: todo-cli config get authority; in a client of your own, aud is the token_endpoint of its metadata',
  },
  '50012': {
    means: 'the client assertion was refused: its certificate, its signature or its audience is not accepted',
    hint: 'todo-cli cert verify CERT, then: todo-cli app credential list',
  },
  '50013': {
    means: 'the assertion does not verify with the keys of whoever it says signed it',
    hint: 'todo-cli cert verify CERT, then: todo-cli app credential list',
  },
  '50027': { means: 'the client assertion is no valid JWT', hint: ASSERTION },
  '5002727': {
    means: 'the client assertion has a header "typ" that Entra does not know; it must be JWT',
    hint: ASSERTION,
  },
  '5002738': {
    means: 'Entra does not take the algorithm of the client assertion',
    hint: 'sign with the other one: todo-cli config set assertionAlg RS256 (or --assertion-alg RS256)',
  },
  '7000214': { means: 'the certificate has been revoked', hint: NEW_CERTIFICATE },
  '7000277': { means: 'the certificate, or one above it, was revoked', hint: NEW_CERTIFICATE },
  '7000274': {
    means: 'the certificate is not within its dates, or the signature is not of its key',
    hint: 'see which: todo-cli cert verify CERT; a new one: todo-cli cert create NAME, then: todo-cli app credential add certs/NAME.pem',
  },
  '1000502': { means: 'the certificate is not within its dates', hint: NEW_CERTIFICATE },
  '700030': {
    means: "the certificate's subject is not one that the app accepts",
    hint: 'register the certificate itself: todo-cli app credential add CERT',
  },
  '70021': {
    means: "no federated credential of the app fits the workload's token",
    hint: 'see which there are: az ad app federated-credential list --id CLIENT_ID -o table',
  },
  '700211': {
    means: "no federated credential of the app has the issuer of the workload's token",
    hint: 'see which there are: az ad app federated-credential list --id CLIENT_ID -o table',
  },
  '700212': {
    means: "no federated credential of the app has the audience of the workload's token",
    hint: 'see which there are: az ad app federated-credential list --id CLIENT_ID -o table',
  },
  '700213': {
    means: "no federated credential of the app has the subject of the workload's token",
    hint: 'see which there are: az ad app federated-credential list --id CLIENT_ID -o table',
  },
  '50166': {
    means: "the keys of the workload's own issuer can not be read",
    hint: 'see whether the world can: curl -i ISSUER/.well-known/openid-configuration',
  },

  // The API, and what the app may do there.
  '500011': {
    means: "the tenant has no app with the scope's identifier URI",
    hint: `see the URI of the API: az ad app list --show-mine --query "[].[displayName, identifierUris[0]]" -o tsv; then: ${SCOPES}`,
  },
  '50001': { means: 'the API is disabled, or not in this tenant', hint: SCOPES },
  '650052': {
    means: 'the API is not in this tenant',
    hint: 'add it, if it is meant for other tenants: az ad sp create --id API_CLIENT_ID',
  },
  '1002012': {
    means: 'a daemon asks for all its permissions at once: the scope must end in /.default',
    hint: SCOPES,
  },
  '70011': { means: 'the scope is malformed', hint: SCOPES },
  '700022': { means: 'the scope names more than one API', hint: SCOPES },
  '28002': { means: 'the scope is malformed', hint: SCOPES },
  '650053': { means: 'the API has no scope of that name', hint: SCOPES },
  '501051': {
    means: 'the app is not assigned to any role of the API, and the API demands one',
    hint: 'az ad app permission add --id CLIENT_ID --api API_CLIENT_ID --api-permissions ROLE_ID=Role, then: az ad app permission admin-consent --id CLIENT_ID; for an app that this program made: todo-cli app create',
  },
  '65001': { means: 'nobody has consented to what the app asks for', hint: CONSENT },
  '650056': { means: 'the app asks for no permission of the API, or nobody has consented', hint: CONSENT },
  '650057': {
    means: 'the API is not among those that the app asks for',
    hint: 'az ad app permission add --id CLIENT_ID --api API_CLIENT_ID --api-permissions ROLE_ID=Role, then: az ad app permission admin-consent --id CLIENT_ID',
  },
  '65005': { means: 'the app asks for a permission that the API does not have', hint: CONSENT },
  '90094': { means: 'only an administrator can consent to this', hint: CONSENT },
  '90095': { means: 'only an administrator can consent to this', hint: CONSENT },
  '53003': {
    means: "a Conditional Access policy of the tenant refuses the token (an app's: by place or by risk)",
    hint: 'see the correlation id, and show it to an administrator: todo-cli token show --no-cache --verbose',
  },
  '530032': {
    means: 'a security policy of the tenant refuses the token',
    hint: 'see the correlation id, and show it to an administrator: todo-cli token show --no-cache --verbose',
  },

  // The request.
  '900144': { means: 'the token request lacks a parameter', hint: ASSERTION },
  '90014': { means: 'the token request lacks a parameter', hint: ASSERTION },
  '90011': { means: 'the client assertion was sent as another kind of assertion', hint: ASSERTION },
  '9002313': { means: 'the token request is malformed', hint: ASSERTION },
  '900561': {
    means: 'the token endpoint was asked in another way than by POST, or with too large a body',
    hint: ASSERTION,
  },

  // The service.
  '50196': { means: 'too many of the same request in a short time', hint: AGAIN },
  '90006': { means: 'Entra is not available for a moment', hint: AGAIN },
  '90024': { means: 'Entra is not available for a moment', hint: AGAIN },
  '90033': { means: 'Entra is not available for a moment', hint: AGAIN },
  '90055': { means: 'the tenant has sent too many requests', hint: AGAIN },

  // Users who sign in.
  '65004': { means: 'the user did not consent', hint: SIGN_IN },
  '70000': { means: 'the sign-in is not valid any more', hint: SIGN_IN },
  '70008': { means: 'the sign-in has ended: it was not used for too long', hint: SIGN_IN },
  '700082': { means: 'the sign-in has ended: it was not used for too long', hint: SIGN_IN },
  '70043': { means: 'the sign-in has ended: the tenant asks for a new one now and then', hint: SIGN_IN },
  '50173': { means: 'the sign-in was withdrawn: a new password, or an administrator', hint: SIGN_IN },
  '70016': { means: 'the user has not signed in yet', hint: SIGN_IN },
  '70018': { means: 'the code is wrong', hint: SIGN_IN },
  '70019': { means: 'the code has expired', hint: SIGN_IN },
  '50076': { means: 'the user has to prove who they are a second time (MFA)', hint: SIGN_IN },
  '50079': { means: 'the user has to set up a second proof (MFA)', hint: SIGN_IN },
  '50105': {
    means: 'the user is not assigned to the app, and the app demands it',
    hint: 'an administrator assigns them: az ad sp show --id CLIENT_ID --query "[id, appRoleAssignmentRequired]"',
  },
  '50020': { means: 'the user is not of this tenant', hint: 'sign in as another: todo-cli login' },
  '50034': { means: 'the tenant has no such user', hint: 'sign in as another: todo-cli login' },
  '50126': { means: 'user name or password is wrong', hint: SIGN_IN },
}

/** A thumbprint of 64 digits: Entra looked for SHA-256, and found no registered key. */
export const BY_SHA256 = /key was not found.*Thumbprint of key used by client: '[0-9A-F]{64}'/is

/**
 * Where the program itself sent `x5t#S256`. There are reports that Entra does not find a registered certificate by it:
 * https://github.com/MicrosoftDocs/entra-docs/issues/1301
 */
export const NOT_FOUND_BY_SHA256: Explanation = {
  means: NOT_REGISTERED.means,
  hint: `${NOT_REGISTERED.hint}; if it is there already, have it found by SHA-1: --assertion-alg RS256`,
}

/** Where somebody else's client sent it: MSAL's `thumbprint` is for SHA-1, and so is the header `x5t`. */
export const SHA256_IN_THE_WRONG_FIELD: Explanation = {
  means:
    'no registered certificate has this SHA-256 thumbprint; or SHA-256 was given where SHA-1 belongs (x5t; thumbprint in MSAL)',
  hint: 'see all forms: todo-cli cert thumbprint CERT; SHA-256 belongs in x5t#S256 (thumbprintSha256 in MSAL); register it: todo-cli app credential add CERT',
}

/** The other reasons of AADSTS700027 that Entra's text tells apart. */
export const REASONS_700027: readonly (readonly [pattern: RegExp, explanation: Explanation])[] = [
  [
    /The key used is expired/,
    { means: 'the certificate has expired, or is not valid yet', hint: NEW_CERTIFICATE },
  ],
  [
    /did not match the expected signature/,
    {
      means: 'the signature was not made with the key of the certificate that it names',
      hint: 'see whether certificate and key are a pair: todo-cli cert verify CERT; or make a new pair: todo-cli cert create NAME',
    },
  ],
]
