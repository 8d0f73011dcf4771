/** management.azure.com, as far as a sign-in asks: which tenants and subscriptions there are. None of the latter. */
import { checkBearer } from '../bearer.ts'
import { type Answer, json, type TenantRequest } from '../http/exchange.ts'
import type { GraphDeps } from './context.ts'
import { notFound } from './errors.ts'

const RESOURCES = ['https://management.azure.com', 'https://management.core.windows.net']

export async function listSubscriptions(request: TenantRequest, deps: GraphDeps): Promise<Answer> {
  await assertManagement(request, deps)
  return json(200, { value: [], count: { type: 'Total', value: 0 } })
}

export async function listTenants(request: TenantRequest, deps: GraphDeps): Promise<Answer> {
  await assertManagement(request, deps)
  const { tenantId, initialDomain } = deps.names
  const tenant = {
    id: `/tenants/${tenantId}`,
    tenantId,
    displayName: 'Contoso',
    defaultDomain: initialDomain,
    domains: [initialDomain],
  }
  return json(200, { value: [tenant] })
}

/**
 * Everything else under its name: it is about a subscription, and there is none. Undefined for Graph's own name.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 */
export function managementNotFound(request: TenantRequest): Answer | undefined {
  if (!isManagement(request)) return undefined
  const subscription = /^\/subscriptions\/([^/]+)/.exec(request.path)?.[1]
  const [code, message] =
    subscription === undefined
      ? ['NotFound', 'The local tenant has nothing at this address of Azure Resource Manager.']
      : ['SubscriptionNotFound', `The subscription '${subscription}' could not be found.`]
  return { ...json(404, { error: { code, message } }), note: { code, reason: message } }
}

const isManagement = ({ host }: TenantRequest) => /^management\.azure\.com(:443)?$/.test(host)

/** Only under its own name: Graph has no such address. */
async function assertManagement(request: TenantRequest, { keys, clock, names }: GraphDeps): Promise<void> {
  if (!isManagement(request)) throw notFound(request.path)
  await checkBearer(request, RESOURCES, { keys, clock, tenantId: names.tenantId })
}
