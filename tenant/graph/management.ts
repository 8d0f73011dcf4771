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

/** Only under its own name: Graph has no such address. */
async function assertManagement(request: TenantRequest, { keys, clock, names }: GraphDeps): Promise<void> {
  if (!request.host.startsWith('management.azure.com')) throw notFound(request.path)
  await checkBearer(request, RESOURCES, { keys, clock, tenantId: names.tenantId })
}
