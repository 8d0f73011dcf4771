/**
 * Names that other programs give to what goes wrong on the same way: MSAL, Node, .NET's validation of tokens, OAuth.
 * Whoever has one of them in a log finds here what it stands for.
 */
import { type Explanation, type Explanations, entryOf } from './explanation.ts'

const AUTHORITY_CHECK = 'find which: todo-cli doctor; see the authority: todo-cli config get authority'
const NOT_REACHED = 'find where the way ends: todo-cli doctor; see each address: todo-cli config list'
const CA =
  'name the CA file, if the CA is your own: todo-cli config set caFile FILE (or --ca-file FILE, or the variable NODE_EXTRA_CA_CERTS)'
const AUDIENCE = 'see "aud": todo-cli token show --no-cache; and the scope: todo-cli config get scopes'
const CLOCK = "set this machine's clock: sudo timedatectl set-ntp true; and compare: date -u"

const VERSION_2 =
  'have the API get v2.0 tokens: az rest --method patch --url "https://graph.microsoft.com/v1.0/applications(appId=\'API_CLIENT_ID\')" --body \'{"api":{"requestedAccessTokenVersion":2}}\', then: todo-cli token clear'

const OTHERS: Explanations = {
  // MSAL.
  endpoints_resolution_error: {
    means:
      "MSAL could not get the authority's metadata, or did not believe it: DNS, proxy, TLS, a wrong tenant, or an issuer of another host; it does not say which",
    hint: AUTHORITY_CHECK,
  },
  openid_config_error: { means: "MSAL could not read the authority's metadata", hint: AUTHORITY_CHECK },
  network_error: {
    means: 'MSAL could not reach the token endpoint; it drops the reason',
    hint: AUTHORITY_CHECK,
  },
  untrusted_authority: { means: 'MSAL does not know the host of the authority', hint: AUTHORITY_CHECK },
  missing_tenant_id_error: {
    means: 'the authority ends in "common" or "organizations", and an app needs its own tenant',
    hint: 'todo-cli config set authority https://login.microsoftonline.com/TENANT_ID',
  },
  state_not_found: {
    means: 'MSAL got a certificate without a thumbprint, which it says in other words',
    hint: 'all its forms: todo-cli cert thumbprint CERT',
  },
  invalid_client_credential: {
    means: 'MSAL got no credential, or more than one',
    hint: 'say which to use: --auth secret, --auth cert or --auth keyvault',
  },

  // RFC 6749 section 5.2, and Entra's own.
  invalid_client: {
    means:
      'the app did not prove itself: its secret or its certificate was refused; the AADSTS code says why',
    hint: 'find the cause: todo-cli doctor',
  },
  unauthorized_client: {
    means: 'the tenant does not know the app, or the app may not do this; the AADSTS code says which',
    hint: 'find the cause: todo-cli doctor',
  },
  invalid_scope: {
    means: "the scope can not be used; a daemon's ends in /.default",
    hint: 'todo-cli config set scopes api://ID_OF_THE_API/.default',
  },
  invalid_resource: {
    means: "the tenant has no app with the scope's identifier URI",
    hint: 'todo-cli config set scopes api://ID_OF_THE_API/.default',
  },
  invalid_grant: {
    means: 'a sign-in, or an assignment to the API, is not valid; the AADSTS code says which',
    hint: 'find the cause: todo-cli doctor; a user signs in again: todo-cli login',
  },

  // RFC 6750 section 3.1: what the API answers.
  invalid_token: {
    means:
      'the API refuses the token: expired, for another audience, of another issuer, or not signed by its keys',
    hint: 'compare: todo-cli token show; then a new one: todo-cli token clear',
  },
  insufficient_scope: {
    means: 'the token has none of the app roles and scopes that the API wants here',
    hint: 'see what is missing: todo-cli token show --no-cache; consent: az ad app permission admin-consent --id CLIENT_ID',
  },
  client_not_allowed: {
    means: 'the API takes tokens of some apps only, and this one is not among them',
    hint: 'add its client id to TODO_API_ALLOWED_CLIENTS of the API; which it is: todo-cli config get clientId',
  },
  issuer_unavailable: {
    means: "the API can not get the issuer's keys, so it can not tell whether the token is good",
    hint: 'see whether you can: todo-cli doctor; then look into the log of the API: todo-cli local logs',
  },

  // HTTP (RFC 9110 section 15): who answers, matters more than the number.
  '401': {
    means: 'no token, or one that is refused: expired, for another audience, of another issuer',
    hint: 'find which: todo-cli doctor; see the token: todo-cli token show',
  },
  '403': {
    means: 'whoever asks is known, and may not do this: an app role, a consent or a permission is missing',
    hint: 'find which: todo-cli doctor; of the token: todo-cli token show --no-cache; of a vault: todo-cli explain ForbiddenByRbac',
  },
  '404': {
    means: 'there is nothing at that address, or nothing that whoever asks may see',
    hint: 'see each address: todo-cli config list; see which todos there are: todo-cli todos list',
  },
  '407': {
    means: 'the proxy wants a login',
    hint: 'export HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT',
  },
  '429': { means: 'too many requests in a short time', hint: 'try again in a minute: todo-cli todos list' },
  '500': { means: 'the service failed', hint: 'try again; the log of the local API: todo-cli local logs' },
  '503': {
    means:
      'the service is not available for the moment: of the todo API, that it can not reach the issuer or its store',
    hint: 'find which: todo-cli doctor; the log of the local API: todo-cli local logs',
  },

  // .NET, as Microsoft's sample has it.
  IDX10214: { means: 'the token is for another audience than the API', hint: AUDIENCE },
  IDX10205: {
    means: 'the token is of another issuer than the API expects: v1.0 and v2.0 differ',
    hint: VERSION_2,
  },
  IDX10223: { means: 'the token has expired', hint: 'get a new one: todo-cli token show --no-cache' },
  IDX10222: { means: 'the token is not valid yet: a clock is wrong', hint: CLOCK },
  IDX10501: {
    means: "the API does not know the key that signed the token: another tenant's, or changed since",
    hint: 'see "iss": todo-cli token show --no-cache',
  },
  IDX10511: {
    means:
      "the token's signature does not verify: it is for Microsoft Graph, perhaps, whose tokens nobody else can check",
    hint: AUDIENCE,
  },
  IDX20803: { means: "the API can not read the issuer's metadata", hint: AUTHORITY_CHECK },
  IDX20804: {
    means:
      "the API can not read the issuer's metadata; in an external tenant: it looks for v1.0 keys, as its tokens are v1.0",
    hint: VERSION_2,
  },

  // Node's names for a connection that does not come about.
  ENOTFOUND: { means: 'DNS does not know the host name', hint: NOT_REACHED },
  EAI_AGAIN: { means: 'DNS does not answer', hint: NOT_REACHED },
  ECONNREFUSED: { means: 'nothing listens at that address and port', hint: NOT_REACHED },
  ECONNRESET: { means: 'the other side, or something on the way, cut the connection', hint: NOT_REACHED },
  ETIMEDOUT: { means: 'nobody answered in time: a firewall, often', hint: NOT_REACHED },
  EHOSTUNREACH: { means: 'there is no route to the host', hint: NOT_REACHED },
  ENETUNREACH: { means: 'there is no route to the network', hint: NOT_REACHED },
  ERR_SSL_WRONG_VERSION_NUMBER: { means: 'the other side does not speak TLS', hint: NOT_REACHED },
  EPROTO: { means: 'the other side does not speak TLS', hint: NOT_REACHED },
  ERR_PROXY_TUNNEL: {
    means: 'the proxy refused the connection; with 407 it wants a login',
    hint: 'export HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or go without it: export NO_PROXY=HOST',
  },
  SELF_SIGNED_CERT_IN_CHAIN: {
    means: "the server's CA is not known here: a proxy that looks into TLS, often",
    hint: CA,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { means: 'the server has a certificate that it signed itself', hint: CA },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    means: "the server's CA is not known here, or it sends no chain",
    hint: CA,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { means: "the server's CA is not known here", hint: CA },
  CERT_HAS_EXPIRED: {
    means: "the server's certificate has expired, or this machine's clock is wrong",
    hint: CLOCK,
  },
  CERT_NOT_YET_VALID: {
    means: "the server's certificate is not valid yet, or this machine's clock is wrong",
    hint: CLOCK,
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    means: "the server's certificate is for another host name",
    hint: NOT_REACHED,
  },
  ERR_OSSL_BAD_DECRYPT: {
    means: 'the passphrase does not open the private key',
    hint: 'give it in a file: todo-cli cert show CERT --passphrase-file FILE',
  },
}

export const explainOther = (code: string): Explanation | undefined => entryOf(OTHERS, code)

export const otherCodes = (): string[] => Object.keys(OTHERS)
