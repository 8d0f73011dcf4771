import { type Caller, checkBearer } from '../bearer.ts'
import type { Clock } from '../clock.ts'
import type { Directory } from '../directory.ts'
import type { TenantRequest } from '../http/exchange.ts'
import type { KeyRing } from '../issuer/keys.ts'
import type { TenantNames } from '../issuer/realm.ts'
import type { Settings } from '../settings.ts'
import type { Store } from '../store.ts'
import { badRequest, denied } from './errors.ts'

const GRAPH_RESOURCE = 'https://graph.microsoft.com'

export interface GraphDeps {
  readonly directory: Directory
  /** As it was a propagation delay ago. */
  readonly lagging: Directory
  readonly settings: Settings
  readonly store: Store
  readonly keys: KeyRing
  readonly clock: Clock
  readonly names: TenantNames
}

export interface GraphContext {
  readonly deps: GraphDeps
  readonly directory: Directory
  /** The directory that lists show: behind, while the setting `laggingLists` is on. */
  readonly listed: Directory
  readonly request: TenantRequest
  readonly caller: Caller
  /** `https://HOST/v1.0` */
  readonly base: string
  /** At least one of these permissions, as an app role or as a scope. @throws GraphError 403 */
  allow(...permissions: string[]): void
  holds(permission: string): boolean
}

/** The first step of every call: who asks. */
export async function openContext(request: TenantRequest, deps: GraphDeps): Promise<GraphContext> {
  const { keys, clock, names, directory, lagging, settings } = deps
  const caller = await checkBearer(request, [GRAPH_RESOURCE], { keys, clock, tenantId: names.tenantId })
  const held = [...caller.roles, ...caller.scopes]
  const holds = (permission: string) => held.includes(permission)
  return {
    deps,
    directory,
    listed: settings.get().laggingLists ? lagging : directory,
    request,
    caller,
    base: `https://${request.host}/v1.0`,
    allow: (...permissions) => {
      if (!permissions.some(holds)) throw denied()
    },
    holds,
  }
}

export type Json = Readonly<Record<string, unknown>>

/** The JSON object in the body. @throws GraphError 400 */
export async function readJson(request: TenantRequest): Promise<Json> {
  try {
    const value: unknown = JSON.parse((await request.body()).toString())
    if (isObject(value)) return { ...value }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw badRequest(
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  )
}

export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
