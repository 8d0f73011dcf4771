import { getCACertificates } from 'node:tls'
import { isLoopbackHost } from '../core/loopback.ts'

/**
 * The CAs that vouch for a host where the user named some: theirs beside the built-in ones and those of NODE_EXTRA_CA_CERTS.
 *
 * For this machine itself, theirs and the extra ones alone: no public CA vouches for localhost, and reading all of them
 * takes longer than the request. Undefined where the user named none: Node's own are used.
 */
export function trustedCas(caPem: string | undefined, hostname: string): string[] | undefined {
  if (caPem === undefined) return undefined
  return [...getCACertificates(isLoopbackHost(hostname) ? 'extra' : 'default'), caPem]
}
