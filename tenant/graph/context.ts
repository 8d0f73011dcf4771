import { type Caller, checkBearer } from '../bearer.ts'
import type { Clock } from '../clock.ts'
import type { Directory } from '../directory.ts'
import { type Answer, json, type TenantRequest } from '../http/exchange.ts'
import type { KeyRing } from '../issuer/keys.ts'
import type { Store } from '../store.ts'
import { badRequest, denied } from './errors.ts'

export const GRAPH_RESOURCE = 'https://graph.microsoft.com'

export interface GraphDeps {
  readonly directory: Directory
  readonly store: Store
  readonly keys: KeyRing
  readonly clock: Clock
  readonly tenantId: string
}

export interface GraphContext {
  readonly deps: GraphDeps
  readonly directory: Directory
  readonly request: TenantRequest
  readonly caller: Caller
  /** `https://HOST/v1.0` */
  readonly base: string
  /** At least one of these permissions, as an app role or as a scope. @throws GraphError 403 */
  allow(...permissions: string[]): void
}

/** The first step of every call: who asks. */
export async function openContext(request: TenantRequest, deps: GraphDeps): Promise<GraphContext> {
  const caller = await checkBearer(request, GRAPH_RESOURCE, deps)
  const held = [...caller.roles, ...caller.scopes]
  return {
    deps,
    directory: deps.directory,
    request,
    caller,
    base: `https://${request.host}/v1.0`,
    allow: (...permissions) => {
      if (!permissions.some((permission) => held.includes(permission))) throw denied()
    },
  }
}

/** The JSON object in the body. @throws GraphError 400 */
export async function readJson(request: TenantRequest): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse((await request.body()).toString())
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw badRequest(
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  )
}

/** One entity, with its context URL; `$select` leaves the named members. */
export function entityAnswer(
  status: number,
  context: GraphContext,
  type: string,
  entity: Record<string, unknown>,
): Answer {
  return json(status, {
    '@odata.context': `${context.base}/$metadata#${type}/$entity`,
    ...selected(context, entity),
  })
}

/** A collection. */
export function listAnswer(
  context: GraphContext,
  type: string,
  entities: readonly Record<string, unknown>[],
): Answer {
  const value = entities.map((entity) => selected(context, entity))
  return json(200, { '@odata.context': `${context.base}/$metadata#${type}`, value })
}

/** The members that `$select` names, `undefined` where it is absent. */
export function selection({ request }: GraphContext): string[] | undefined {
  const select = request.query.get('$select')
  return select === null ? undefined : select.split(',').map((member) => member.trim())
}

function selected(context: GraphContext, entity: Record<string, unknown>): Record<string, unknown> {
  const members = selection(context)
  if (members === undefined) return entity
  return Object.fromEntries(Object.entries(entity).filter(([member]) => members.includes(member)))
}
