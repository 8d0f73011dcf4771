import { isLoopbackHost } from '../../core/loopback.ts'
import type { ServiceName } from './exchange.ts'

/** The domains of the cloud that the tenant answers for, behind a proxy that leads them here. */
export const CLOUD_DOMAINS = [
  'login.microsoftonline.com',
  'login.windows.net',
  'ciamlogin.com',
  'vault.azure.net',
  'graph.microsoft.com',
  'management.azure.com',
] as const

const CLOUD_HOSTS: Record<ServiceName, RegExp> = {
  issuer: /^(login\.microsoftonline\.com|login\.windows\.net|[a-z0-9-]+\.ciamlogin\.com)$/,
  vault: /^[a-z0-9-]+\.vault\.azure\.net$/,
  graph: /^(graph\.microsoft\.com|management\.azure\.com)$/,
  admin: /^(?!)/,
  pages: /^(?!)/,
}

/** The service that answers for a cloud host name, undefined for every other name. */
export function serviceOfCloudHost(hostname: string): ServiceName | undefined {
  const services: ServiceName[] = ['issuer', 'vault', 'graph']
  return services.find((service) => CLOUD_HOSTS[service].test(hostname))
}

/**
 * True when the Host header names this service: loopback with its port, or a cloud name on 443. Any other name comes
 * from a page that had its own name point here (DNS rebinding).
 */
export function isOwnHost(service: ServiceName, host: string, port: number): boolean {
  const [, name, asked] = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(host) ?? []
  if (name === undefined) return false
  if (isLoopbackHost(name)) return asked === String(port)
  return (asked === undefined || asked === '443') && CLOUD_HOSTS[service].test(name)
}

/** The host name of a Host header, without its port. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}
