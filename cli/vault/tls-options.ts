import { trustedCas } from '../trust.ts'

/** The TLS options of Azure's clients for a host. */
export function tlsOptions(caPem: string | undefined, url: string): { tlsOptions?: { ca: string[] } } {
  const ca = trustedCas(caPem, new URL(url).hostname)
  return ca === undefined ? {} : { tlsOptions: { ca } }
}
