import { isIPv4 } from 'node:net'

/** True for `localhost`, 127.0.0.0/8 and [::1]: the only hosts for which the local tenant's allowances are ever made. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
