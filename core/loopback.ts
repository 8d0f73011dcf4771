/** An address of 127.0.0.0/8 as a URL has it. By a pattern, for node:net is more than a command that needs no network should load. */
const LOOPBACK_IPV4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/

/** True for `localhost`, 127.0.0.0/8 and [::1]: the only hosts for which the local tenant's allowances are ever made. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase()
  return host === 'localhost' || host === '::1' || host === '[::1]' || LOOPBACK_IPV4.test(host)
}
