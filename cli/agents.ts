/** The connections of a run: one pair of agents leads to issuer, vault, Graph and API. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createSecureContext } from 'node:tls'
import { isLoopbackHost } from '../core/loopback.ts'
import type { ProxyEnv } from './proxy-env.ts'
import { trustedCas } from './trust.ts'

export interface AgentsOptions {
  /** PEM of CAs to trust beside the built-in ones and those of NODE_EXTRA_CA_CERTS. */
  readonly caPem?: string | undefined
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, as everywhere. */
  readonly proxyEnv?: ProxyEnv | undefined
}

/** How a host is reached: the agents, and the CAs that are trusted there; undefined for Node's own. */
export interface Way {
  readonly http: HttpAgent
  readonly https: HttpsAgent
  readonly ca: string[] | undefined
}

export interface Agents {
  to(hostname: string): Way
  /** Closes kept-alive connections, so that the process can end. */
  close(): void
}

/** Kept alive, one pair for this machine and one for all else: other CAs vouch for each. */
export function createAgents({ caPem, proxyEnv = {} }: AgentsOptions): Agents {
  const ways = new Map<boolean, Way>()
  return {
    to(hostname) {
      const loopback = isLoopbackHost(hostname)
      const known = ways.get(loopback)
      if (known !== undefined) return known
      const ca = trustedCas(caPem, hostname)
      const way = {
        http: new HttpAgent({ keepAlive: true, proxyEnv }),
        https: new HttpsAgent({
          keepAlive: true,
          proxyEnv,
          // Else NODE_TLS_REJECT_UNAUTHORIZED=0 would have secrets sent to whoever answers.
          rejectUnauthorized: true,
          ...(ca ? { secureContext: createSecureContext({ ca }) } : {}),
        }),
        ca,
      }
      ways.set(loopback, way)
      return way
    },
    close() {
      for (const { http, https } of ways.values()) {
        http.destroy()
        https.destroy()
      }
    },
  }
}
