/**
 * What Entra's error codes mean and what to do: the table behind every refusal of the issuer.
 *
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import { AppError } from '../../core/errors.ts'
import { shellWord } from '../shell-word.ts'

export interface Explanation {
  /** The cause, in a sentence. */
  readonly means: string
  /** The next command to type. */
  readonly hint: string
}

const REGISTER =
  'register it: todo-cli app credential add CERT (or in the portal: App registrations, Certificates & secrets)'

/** What the caller knows about the request that was refused. */
export interface RefusedRequest {
  /** The certificate that signed, as CERT on a command line. */
  readonly certificate?: string | undefined
}

/** By code, without the letters. */
const CODES: Readonly<Record<string, Explanation>> = {
  '90002': {
    means: 'there is no such tenant',
    hint: 'check AUTHORITY and TENANT_ID, and that it is the right cloud',
  },
  '900023': { means: 'the tenant is neither a GUID nor a domain', hint: 'check AUTHORITY and TENANT_ID' },
  '900144': {
    means: 'the token request lacks a parameter',
    hint: 'run it again with --verbose, and report what it says',
  },
  '70011': {
    means: 'the scope is malformed',
    hint: 'write it as api://API_CLIENT_ID/.default: --scopes, SCOPES',
  },
  '1002012': {
    means: 'a daemon asks for all its permissions at once: the scope must end in /.default',
    hint: 'write it as api://API_CLIENT_ID/.default: --scopes, SCOPES',
  },
  '500011': {
    means: "the tenant has no app with the scope's identifier URI",
    hint: 'check SCOPES: api://API_CLIENT_ID/.default, with the client id of the API, in the same tenant',
  },
  '501051': {
    means: 'the app is not assigned to any role of the API, and the API demands one',
    hint: 'assign an app role to it and grant admin consent',
  },
  '700016': {
    means: 'the tenant has no app with this client id',
    hint: 'check CLIENT_ID and TENANT_ID (the application id, not the object id)',
  },
  '700038': { means: 'this is not the id of an application', hint: 'check CLIENT_ID' },
  '700021': { means: 'the client assertion was made for another client id', hint: 'check CLIENT_ID' },
  '700023': { means: 'the client assertion was made for another token endpoint', hint: 'check AUTHORITY' },
  '700024': {
    means: 'the client assertion is not within its time',
    hint: "compare this machine's clock with the right time",
  },
  '700025': {
    means: 'the app is registered as a public client, which has no credential',
    hint: 'register a confidential client for a daemon',
  },
  '700027': { means: 'the certificate is not registered with the app', hint: REGISTER },
  '7000215': {
    means: 'the client secret is wrong',
    hint: "give the secret's value, not its id, in CLIENT_SECRET or --client-secret-file; or use a certificate: todo-cli cert create daemon",
  },
  '7000218': {
    means: 'the request has no credential',
    hint: 'choose one: --auth secret, --auth cert or --auth keyvault',
  },
  '7000222': {
    means: 'the client secret has expired',
    hint: 'make a new one, or use a certificate: todo-cli cert create daemon',
  },
  '7000214': {
    means: 'the certificate was revoked or is blocked by the tenant',
    hint: 'create and register a new one: todo-cli cert create NAME',
  },
  '7000277': {
    means: 'the certificate does not fit what the tenant trusts',
    hint: 'create and register a new one: todo-cli cert create NAME',
  },
  '7000274': {
    means: 'the certificate is not valid for a client assertion',
    hint: 'look at it: todo-cli cert show CERT; or make a new one: todo-cli cert create NAME',
  },
  '1000502': {
    means: 'the certificate is not within its dates',
    hint: 'create and register a new one: todo-cli cert create NAME',
  },
  '70003': {
    means: 'the app may not use this grant type',
    hint: 'register a confidential client for a daemon, with a secret or a certificate',
  },
  '5002727': {
    means: 'the client assertion has a header type that the issuer does not know',
    hint: 'run it again with --verbose, and report what it says',
  },
  '5002738': {
    means: 'the issuer does not take the algorithm of the client assertion',
    hint: 'sign with the other: --assertion-alg RS256',
  },
  '50027': {
    means: 'the client assertion is no valid JWT',
    hint: 'run it again with --verbose, and report what it says',
  },
}

/** The explanation of a code, offline. Letters in front of the number do not matter. */
export function explainAadsts(code: string): Explanation | undefined {
  const number = /^(?:AADSTS)?(\d+)$/i.exec(code)?.[1] ?? ''
  return Object.hasOwn(CODES, number) ? CODES[number] : undefined
}

/** Every code that {@link explainAadsts} knows. */
export const aadstsCodes = (): string[] => Object.keys(CODES).map((number) => `AADSTS${number}`)

/** The three reasons of AADSTS700027, told apart by Entra's text. */
const REASONS_700027: readonly (readonly [pattern: RegExp, explanation: Explanation])[] = [
  [
    /The key used is expired/,
    {
      means: 'the certificate has expired, or is not valid yet',
      hint: 'create and register a new one: todo-cli cert create NAME',
    },
  ],
  [
    /did not match the expected signature/,
    {
      means: 'the signature was not made with the key of the certificate that it names',
      hint: 'take certificate and key from the same pair: todo-cli cert create NAME',
    },
  ],
]

/** Makes an error out of the token endpoint's error body: `error`, `error_description`, `error_codes`. */
export function issuerRefusal(
  body: Readonly<Record<string, unknown>>,
  { certificate }: RefusedRequest = {},
): AppError {
  const description = typeof body.error_description === 'string' ? body.error_description : ''
  const [first] = Array.isArray(body.error_codes) ? body.error_codes : []
  const code = String(first ?? /AADSTS(\d+)/.exec(description)?.[1] ?? '')
  const { means, hint } = explain(code, description)
  const name = code === '' ? String(body.error ?? 'unknown error') : `AADSTS${code}`
  return new AppError('issuer-refused', `the issuer refused the request: ${means} (${name})`, {
    hint: certificate === undefined ? hint : hint.replace(' CERT ', ` ${shellWord(certificate)} `),
    serviceCode: name,
    cause: new Error(description.replace(/\s+/g, ' ')),
  })
}

function explain(code: string, description: string): Explanation {
  if (code === '700027') {
    const reason = REASONS_700027.find(([pattern]) => pattern.test(description))
    if (reason) return reason[1]
  }
  return (
    CODES[code] ?? {
      means:
        description
          .replace(/^AADSTS\d+: /, '')
          .split(/\.\s|\r|\n/)[0]
          ?.slice(0, 200) || 'no reason given',
      hint: `run it again with --verbose for the whole answer, or look the code up: https://login.microsoftonline.com/error`,
    }
  )
}
