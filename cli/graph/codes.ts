/**
 * Microsoft Graph's error codes, as far as calls about app registrations meet them.
 *
 * https://learn.microsoft.com/graph/errors
 * https://learn.microsoft.com/graph/api/resources/appmanagementpolicy
 */
import { type Explanation, type Explanations, entryOf } from '../explain/explanation.ts'

const SIGN_IN =
  'sign in anew: az login --tenant TENANT_ID --allow-no-subscriptions (or --vault-auth certificate)'

const THEN_REGISTER = 'todo-cli cert create NAME, then: todo-cli app credential add certs/NAME.pem'

const AGAIN = 'try again in a minute: todo-cli app show'

export const GRAPH_CODES: Explanations = {
  // Who asks.
  InvalidAuthenticationToken: {
    means:
      'Microsoft Graph does not accept the token: it is for something else, of another cloud, or too old',
    hint: SIGN_IN,
  },
  Authentication_ExpiredToken: { means: "the caller's token has expired", hint: SIGN_IN },
  Authentication_MissingOrMalformed: {
    means: "the caller's token, or the proof that it holds one of the app's keys, is missing or not right",
    hint: 'see which certificates the app has: todo-cli app credential list; the proof is signed by one of them: todo-cli app credential add CERT --proof --auth cert',
  },
  Authorization_RequestDenied: {
    means:
      'the caller may not do this: it lacks a role in the directory, or an app permission of Microsoft Graph',
    hint: 'sign in as somebody who may (Cloud Application Administrator): az login --tenant TENANT_ID --allow-no-subscriptions',
  },
  Authorization_IdentityNotFound: {
    means: 'the tenant does not know the caller',
    hint: SIGN_IN,
  },
  Directory_ExpiredPassword: { means: "the caller's password has expired", hint: SIGN_IN },

  // What is asked.
  Request_ResourceNotFound: {
    means: 'there is no such object in this tenant, or it is seconds old and not known everywhere yet',
    hint: 'see what is there: todo-cli app show (ids are object ids here: az ad app show --id CLIENT_ID --query id -o tsv)',
  },
  Request_BadRequest: {
    means: 'Microsoft Graph can not use the request; its message says why',
    hint: 'see its words: run the same command with --verbose',
  },
  Request_UnsupportedQuery: {
    means: 'Microsoft Graph does not know this query',
    hint: 'see the address: todo-cli config get graphUrl; it ends in /v1.0',
  },
  NoBackingApplicationObject: {
    means: 'the app was registered seconds ago, and is not known everywhere yet',
    hint: 'run it again, which goes on where it stopped: todo-cli app create',
  },
  Request_MultipleObjectsWithSameKeyValue: {
    means: 'another object has this identifier URI, role or name already',
    hint: 'see the apps that are there: az ad app list --show-mine --query "[].[appId, displayName, identifierUris[0]]" -o tsv',
  },
  ObjectConflict: {
    means: 'another object of that name is there already',
    hint: 'see the apps that are there: az ad app list --show-mine --query "[].[appId, displayName, identifierUris[0]]" -o tsv',
  },
  CannotDeleteOrUpdateEnabledEntitlement: {
    means: 'a scope or an app role must be disabled before it is changed or removed',
    hint: 'disable it first: az ad app update --id API_CLIENT_ID --set appRoles[0].isEnabled=false',
  },
  Directory_QuotaExceeded: {
    means: 'the tenant, or this caller, has reached the limit of objects',
    hint: 'deleted apps count for 30 days: az rest --method get --url https://graph.microsoft.com/v1.0/directory/deletedItems/microsoft.graph.application',
  },
  Request_EntityTooLarge: {
    means: 'the request is larger than Microsoft Graph takes',
    hint: 'see its words: run the same command with --verbose',
  },

  // Credentials.
  KeyCredentialsInvalidEndDate: {
    means:
      'Microsoft Graph refuses the end of the certificate: it has passed, or is later than the tenant allows',
    hint: `make one whose end is to come: ${THEN_REGISTER}`,
  },
  KeyCredentialsInvalidKey: {
    means: 'what was given as a certificate is none',
    hint: 'see what it is: todo-cli cert show CERT',
  },
  KeyCredentialsInvalidUsage: {
    means: 'a certificate is registered for "Verify" alone',
    hint: 'let the program do it: todo-cli app credential add CERT',
  },
  KeyCredentialsInvalidType: {
    means: 'a certificate is registered as AsymmetricX509Cert alone',
    hint: 'let the program do it: todo-cli app credential add CERT',
  },
  PasswordCredentialsInvalidEndDate: {
    means: 'Microsoft Graph refuses the end of the secret: it has passed, or is later than the tenant allows',
    hint: `take a certificate in place of it: ${THEN_REGISTER}`,
  },
  CredentialInvalidLifetimeAsPerAppPolicy: {
    means: "the tenant's policy limits how long a credential may live, and this one would live longer",
    hint: 'make a shorter one: todo-cli cert create NAME --days 180, then: todo-cli app credential add certs/NAME.pem',
  },
  CredentialTypeNotAllowedAsPerAppPolicy: {
    means: "the tenant's policy does not allow this kind of credential",
    hint: `take a certificate in place of a secret: ${THEN_REGISTER}`,
  },

  // The service.
  TooManyRequests: { means: 'Microsoft Graph has had too many requests', hint: AGAIN },
  Service_InternalServerError: { means: 'Microsoft Graph failed', hint: AGAIN },
  ServiceUnavailable: { means: 'Microsoft Graph is not available for the moment', hint: AGAIN },
}

/** The explanation of a code of Microsoft Graph, letter case aside. */
export const explainGraphCode = (code: string): Explanation | undefined => entryOf(GRAPH_CODES, code)
