import { getCACertificates } from 'node:tls'

/** The TLS options of Azure's clients: a CA that is named is trusted beside the built-in ones, not in their place. */
export function tlsOptions(caPem: string | undefined): { tlsOptions?: { ca: string[] } } {
  return caPem === undefined ? {} : { tlsOptions: { ca: [...getCACertificates('default'), caPem] } }
}
