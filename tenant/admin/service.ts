import type { Clock } from '../clock.ts'
import { isSameText } from '../credentials.ts'
import { type Answer, json, otherMethod, type TenantRequest } from '../http/exchange.ts'
import type { Service } from '../http/listen.ts'
import { route } from '../http/router.ts'
import type { ExternalKeys, KeyRing } from '../issuer/keys.ts'
import type { Settings, TenantSettings } from '../settings.ts'
import type { Collection } from '../store.ts'
import { type AccessPolicy, readAccessPolicy } from '../vault/policy.ts'
import { isVaultName } from '../vault/vaults.ts'
import { type Faults, readFault } from './faults.ts'
import type { ExchangeLog } from './log.ts'

export interface AdminDeps {
  readonly token: string
  readonly tenantId: string
  readonly startedAt: Date
  readonly clock: Clock
  readonly keys: KeyRing
  readonly externalKeys: ExternalKeys
  readonly settings: Settings
  readonly faults: Faults
  readonly log: ExchangeLog
  /** Of a vault, by its name; of the first one where none is named. */
  policies(vault: string | undefined): Collection<AccessPolicy>
  readonly onStop: () => void
}

/** The interface of whoever runs the tenant. Only the admin token, a 0600 file, opens it. */
export function adminService(deps: AdminDeps): Service {
  const { clock, keys, settings, faults, log } = deps
  const opened =
    (handler: (request: TenantRequest) => Answer | Promise<Answer>) => (request: TenantRequest) => {
      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
      return token !== undefined && isSameText(token, deps.token) ? handler(request) : CLOSED
    }
  const status = () => json(200, { tenantId: deps.tenantId, startedAt: deps.startedAt.toISOString() })
  const stop = () => {
    // After the answer is on its way.
    setImmediate(deps.onStop)
    return json(202, { stopping: true })
  }
  const showClock = () => json(200, { now: clock.now().toISOString(), offsetMs: clock.offsetMs })
  const moveClock = async (request: TenantRequest) => {
    const offset = readOffset(await readJson(request), clock)
    if (offset === undefined) return refusal('give offsetMs, advanceMs, or now (ISO 8601)')
    settings.change({ clockOffsetMs: offset })
    return showClock()
  }
  const changeSettings = async (request: TenantRequest) => {
    const changes = readSettings(await readJson(request))
    if (typeof changes === 'string') return refusal(changes)
    settings.change(changes)
    return json(200, shownSettings(settings.get()))
  }
  const addFault = async (request: TenantRequest) => {
    const fault = readFault(await readJson(request))
    if (typeof fault === 'string') return refusal(fault)
    faults.add(fault)
    return json(201, fault)
  }
  const clearFaults = () => {
    faults.clear()
    return { status: 204 }
  }
  const putPolicy = async (request: TenantRequest) => {
    const policy = readAccessPolicy(request.params.id ?? '', await readJson(request))
    if (typeof policy === 'string') return refusal(policy)
    const policies = policiesOf(request)
    if (policies === undefined) return refusal(NO_VAULT)
    policies.put(policy)
    return json(200, policy)
  }
  const policiesOf = ({ query }: TenantRequest) => {
    const name = query.get('vault') ?? undefined
    return name === undefined || isVaultName(name) ? deps.policies(name) : undefined
  }
  const showPolicies = (request: TenantRequest) => {
    const policies = policiesOf(request)
    return policies === undefined ? refusal(NO_VAULT) : json(200, { value: policies.all() })
  }
  const rotate = async () => {
    await keys.rotate()
    const external = deps.externalKeys.made()
    await external?.rotate()
    return json(200, { ...shownKeys(keys), ...(external ? { external: shownKeys(external) } : {}) })
  }
  const showLog = ({ query }: TenantRequest) =>
    json(200, { value: log.after(Number(query.get('after') ?? 0) || 0) })
  return {
    name: 'admin',
    routes: [
      route('GET', '/status', opened(status)),
      route('POST', '/stop', opened(stop)),
      route('GET', '/clock', opened(showClock)),
      route('PUT', '/clock', opened(moveClock)),
      route(
        'GET',
        '/settings',
        opened(() => json(200, shownSettings(settings.get()))),
      ),
      route('PATCH', '/settings', opened(changeSettings)),
      route(
        'GET',
        '/faults',
        opened(() => json(200, { value: faults.all() })),
      ),
      route('POST', '/faults', opened(addFault)),
      route('DELETE', '/faults', opened(clearFaults)),
      route('POST', '/keys/rotate', opened(rotate)),
      route('GET', '/vault/policies', opened(showPolicies)),
      route('PUT', '/vault/policies/:id', opened(putPolicy)),
      route('GET', '/logs', opened(showLog)),
    ],
    answerError: () => refusal('the admin interface can not read this request'),
    answerUnrouted: (_, allow) =>
      allow.length > 0 ? otherMethod() : refusal('the admin interface has nothing at this address', 404),
    headers: () => ({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }),
  }
}

const NO_VAULT = 'vault must be the name of a vault: 3 to 24 letters, digits and hyphens'

const CLOSED: Answer = {
  ...json(401, { error: 'the admin token is missing or wrong' }, { 'www-authenticate': 'Bearer' }),
  note: { reason: 'the admin token is missing or wrong' },
}

function shownKeys(keys: KeyRing) {
  return { active: keys.active().kid, published: keys.published().map(({ kid }) => kid) }
}

type Json = Readonly<Record<string, unknown>>

async function readJson(request: TenantRequest): Promise<Json> {
  const value: unknown = JSON.parse((await request.body()).toString())
  if (typeof value !== 'object' || value === null) throw new TypeError('no object')
  return { ...value }
}

function refusal(error: string, status = 400): Answer {
  return { ...json(status, { error }), note: { reason: error } }
}

/** A century either way: dates stay dates. */
const OFFSET_MAX = 100 * 365 * 24 * 60 * 60 * 1000

function readOffset({ offsetMs, advanceMs, now }: Json, clock: Clock): number | undefined {
  const at = typeof now === 'string' ? Date.parse(now) - (clock.now().getTime() - clock.offsetMs) : undefined
  const offset = offsetMs ?? (typeof advanceMs === 'number' ? clock.offsetMs + advanceMs : at)
  return typeof offset === 'number' && Math.abs(offset) <= OFFSET_MAX ? Math.round(offset) : undefined
}

const FLAGS = ['refuseReplays', 'legacyThumbprintsOnly', 'laggingLists', 'vaultByRoles'] as const

function readSettings(changes: Json): Partial<TenantSettings> | string {
  const read: { -readonly [K in keyof TenantSettings]?: TenantSettings[K] } = {}
  for (const [name, value] of Object.entries(changes)) {
    const flag = FLAGS.find((known) => known === name)
    if (flag !== undefined && typeof value === 'boolean') read[flag] = value
    else if (flag !== undefined) return `${name} must be true or false`
    else if (name !== 'propagationDelayMs') return `there is no setting ${name}`
    else if (typeof value === 'number' && value >= 0 && value <= 60_000) read.propagationDelayMs = value
    else return 'propagationDelayMs must be from 0 to 60000'
  }
  return read
}

function shownSettings({ id: _, clockOffsetMs: __, ...shown }: TenantSettings): object {
  return shown
}
