/** Refusals of Microsoft Graph, in the words of who has to do something about them. */
import { AppError } from '../../core/errors.ts'
import type { HttpAnswer } from '../http.ts'
import { parseObject } from '../parse-object.ts'
import { explainGraphCode } from './codes.ts'

/** What a call needs, so that a refusal can say who could give it. */
export type GraphRight = 'read' | 'register' | 'assign' | 'grant' | 'prove' | 'purge'

/** The least that works, for a person and for an app. https://learn.microsoft.com/graph/permissions-reference */
const RIGHTS: Readonly<Record<GraphRight, string>> = {
  read: 'it needs Application.Read.All (or the directory role Directory Readers), granted by an administrator',
  register:
    'it needs the directory role Application Developer or Cloud Application Administrator; an app needs Application.ReadWrite.OwnedBy or .All. A Privileged Role Administrator can give either',
  assign:
    'it needs the directory role Cloud Application Administrator; an app needs AppRoleAssignment.ReadWrite.All. A Privileged Role Administrator can give either',
  grant:
    'it needs the directory role Cloud Application Administrator; an app needs DelegatedPermissionGrant.ReadWrite.All. A Privileged Role Administrator can give either',
  purge:
    'it needs the directory role Cloud Application Administrator; an app needs Application.ReadWrite.OwnedBy or .All. A Privileged Role Administrator can give either',
  prove:
    'the proof must be signed by a certificate that is registered with the app and valid now, and name its object id: --object-id ID',
}

/** Said in our words: what Graph says of them does not name the cause. */
const IN_OUR_WORDS =
  /AsPerAppPolicy$|^KeyCredentialsInvalid|^PasswordCredentialsInvalid|^NoBackingApplicationObject$/

/** https://learn.microsoft.com/graph/errors */
export function graphError({ status, headers, body }: HttpAnswer, right: GraphRight): AppError {
  const { code, message, detailCodes, ids } = readError(body, status)
  const cause = new GraphRefusal(status, code, detailCodes, `${message}${ids}`)
  const options = { serviceCode: code, cause }
  const known = [...detailCodes, code ?? ''].map(explainGraphCode).find((each) => each !== undefined)
  const precise = [...detailCodes, code ?? ''].find((each) => IN_OUR_WORDS.test(each))
  if (known !== undefined && precise !== undefined)
    return new AppError('graph-failed', known.means, { ...options, serviceCode: precise, hint: known.hint })
  if (status === 401 || status === 403)
    return new AppError('graph-refused', `Microsoft Graph refused: ${message}`, {
      ...options,
      hint: RIGHTS[right],
    })
  if (status === 429 || status >= 500) {
    const after = headers['retry-after']
    const hint = after && /^\d{1,6}$/.test(after) ? `try again in ${after} s` : 'try again later'
    return new AppError('graph-unreachable', `Microsoft Graph answers ${status}`, { ...options, hint })
  }
  return new AppError('graph-failed', `Microsoft Graph refused: ${message}`, {
    ...options,
    hint: known?.hint ?? 'see its words: run the same command with --verbose',
  })
}

/** The cause of an AppError for an answer of Graph: what a caller may go by. */
export class GraphRefusal extends Error {
  override readonly name = 'GraphRefusal'
  readonly status: number
  readonly codes: readonly string[]

  /** `words` are Graph's own, with the ids by which Microsoft finds the request. */
  constructor(status: number, code: string | undefined, details: readonly string[], words: string) {
    super(`status ${status}${code === undefined ? '' : `, ${[code, ...details].join(', ')}`}: ${words}`)
    this.status = status
    this.codes = code === undefined ? details : [code, ...details]
  }
}

/** What Graph answered, where the error is one of its answers. */
export function refusalOf(error: unknown): GraphRefusal | undefined {
  return error instanceof AppError && error.cause instanceof GraphRefusal ? error.cause : undefined
}

export const isNotFound = (error: unknown): boolean => refusalOf(error)?.status === 404

/** Graph's 400 for what is there already has no code of its own: only its words tell. */
export function isThereAlready(error: unknown): boolean {
  const codes = refusalOf(error)?.codes ?? []
  return (
    codes.includes('Request_MultipleObjectsWithSameKeyValue') ||
    (codes.includes('Request_BadRequest') &&
      error instanceof AppError &&
      /already exists?\b/.test(error.message))
  )
}

/**
 * A unique name that another app has, or a deleted one as long as it can be restored: Graph's 400 has no code of its own.
 * https://github.com/microsoftgraph/msgraph-bicep-types/issues/137
 */
export function isNameTaken(error: unknown): boolean {
  return (
    refusalOf(error)?.status === 400 &&
    error instanceof AppError &&
    /property uniqueName already exists/.test(error.message)
  )
}

/** Graph's 400 for a credential that is not there has no code of its own, either. */
export function isNoSuchKey(error: unknown): boolean {
  return (
    refusalOf(error)?.status === 400 &&
    error instanceof AppError &&
    /no .*credentials? .*found/i.test(error.message)
  )
}

/** An answer that came only because another change has not arrived everywhere: an object not found, or not yet an app. */
export function isNotYetThere(error: unknown): boolean {
  const refusal = refusalOf(error)
  if (refusal === undefined) return false
  return (
    refusal.status === 404 ||
    refusal.codes.includes('NoBackingApplicationObject') ||
    (refusal.status === 400 &&
      error instanceof AppError &&
      /was not found on application/.test(error.message))
  )
}

/** Whether nobody knows if a request that changes something was carried out. */
export function isUncertain(error: unknown): boolean {
  return error instanceof AppError && error.code === 'graph-unreachable' && refusalOf(error)?.status !== 429
}

function readError(body: string, status: number) {
  const error = recordOf(parseObject(body)?.error)
  const details = Array.isArray(error.details) ? error.details.map(recordOf) : []
  const inner = recordOf(error.innerError)
  const ids = ['request-id', 'client-request-id', 'date'].flatMap((name) =>
    typeof inner[name] === 'string' ? [`${name} ${inner[name].slice(0, 100)}`] : [],
  )
  return {
    ids: ids.length === 0 ? '' : ` (${ids.join(', ')})`,
    code: typeof error.code === 'string' ? error.code.slice(0, 100) : undefined,
    message: typeof error.message === 'string' ? error.message.slice(0, 300) : `status ${status}`,
    detailCodes: details.map(({ code }) => code).filter((code) => typeof code === 'string'),
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
