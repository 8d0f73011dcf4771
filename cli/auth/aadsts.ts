/** A refusal of the issuer, explained where it happens: what Entra's code means, and the next command to type. */
import { AppError } from '../../core/errors.ts'
import { type Explanation, filled } from '../explain/explanation.ts'
import { shellWord } from '../shell-word.ts'
import {
  AADSTS,
  BY_SHA256,
  NOT_FOUND_BY_SHA256,
  REASONS_700027,
  SHA256_IN_THE_WRONG_FIELD,
} from './aadsts-codes.ts'

/** What the caller knows about the request that was refused. */
export interface RefusedRequest {
  /** The certificate that signed, as CERT on a command line. */
  readonly certificate?: string | undefined
  readonly clientId?: string | undefined
  /** `api://<API client id>/.default` */
  readonly scope?: string | undefined
}

/** The explanation of a code, offline. Letters in front of the number do not matter. */
export function explainAadsts(code: string): Explanation | undefined {
  const number = /^(?:AADSTS)?(\d+)$/i.exec(code)?.[1] ?? ''
  return Object.hasOwn(AADSTS, number) ? AADSTS[number] : undefined
}

/** The reason that a text tells: Entra's AADSTS700027 has several. */
export function explainText(code: string, text: string): Explanation | undefined {
  if (!/700027$/.test(code)) return undefined
  return BY_SHA256.test(text) ? SHA256_IN_THE_WRONG_FIELD : reasonIn(text)
}

const reasonIn = (text: string) => REASONS_700027.find(([pattern]) => pattern.test(text))?.[1]

/** Every code that {@link explainAadsts} knows. */
export const aadstsCodes = (): string[] => Object.keys(AADSTS).map((number) => `AADSTS${number}`)

/** Makes an error out of the token endpoint's error body: `error`, `error_description`, `error_codes`. */
export function issuerRefusal(
  body: Readonly<Record<string, unknown>>,
  { certificate, clientId, scope }: RefusedRequest = {},
): AppError {
  const description = typeof body.error_description === 'string' ? body.error_description : ''
  const [first] = Array.isArray(body.error_codes) ? body.error_codes : []
  const code = String(first ?? /AADSTS(\d+)/.exec(description)?.[1] ?? '')
  const { means, hint } = explain(code, description)
  const name = code === '' ? String(body.error ?? 'unknown error') : `AADSTS${code}`
  return new AppError('issuer-refused', `the issuer refused the request: ${means} (${name})`, {
    hint: filled(hint, {
      CERT: certificate === undefined ? undefined : shellWord(certificate),
      CLIENT_ID: clientId,
      API_CLIENT_ID: /^api:\/\/([0-9a-f-]{36})\//i.exec(scope ?? '')?.[1],
    }),
    serviceCode: name,
    cause: new Error(description.replace(/\s+/g, ' ')),
  })
}

function explain(code: string, description: string): Explanation {
  const reason = BY_SHA256.test(description) ? NOT_FOUND_BY_SHA256 : reasonIn(description)
  if (code === '700027' && reason) return reason
  return (
    explainAadsts(code) ?? {
      means:
        description
          .replace(/^AADSTS\d+: /, '')
          .split(/\.\s|\r|\n/)[0]
          ?.slice(0, 200) || 'no reason given',
      hint: `run it again with --verbose for the whole answer, or look the code up: https://login.microsoftonline.com/error${code ? `?code=${code}` : ''}`,
    }
  )
}
