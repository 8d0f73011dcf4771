import { Agent as HttpAgent, get as httpGet } from 'node:http'
import { Agent, get } from 'node:https'
import { createSecureContext, getCACertificates } from 'node:tls'
import { isLoopbackHost } from '../../core/loopback.ts'

export interface FetchJsonOptions {
  /** An extra CA, PEM, beside the ones that Node trusts. */
  readonly caPem?: string | undefined
  /** `HTTPS_PROXY` and `NO_PROXY`, given explicitly. */
  readonly proxy?: { readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string } | undefined
  /** For the whole exchange, in milliseconds. */
  readonly timeoutMs?: number
}

/** Fetches JSON from an address, or rejects with an Error that says why. */
export type FetchJson = (url: string) => Promise<unknown>

/** A discovery document has 2 kB, a key set 10 to 20. */
const BODY_MAX = 256 * 1024

/** GET over TLS with the system's trust and one CA more. No redirects, a bounded body, one deadline. */
export function createFetchJson({ caPem, proxy, timeoutMs = 5000 }: FetchJsonOptions): FetchJson {
  let agent: Agent | undefined
  /** Made once: reading all the CAs anew for each connection would take 20 ms. */
  const secureAgent = () => {
    agent ??= new Agent({
      // Else NODE_TLS_REJECT_UNAUTHORIZED=0 would let anyone on the way give keys that tokens are verified with.
      rejectUnauthorized: true,
      ...(caPem === undefined
        ? {}
        : { secureContext: createSecureContext({ ca: [...getCACertificates('default'), caPem] }) }),
      proxyEnv: { ...proxy },
    })
    return agent
  }
  return async (address) => {
    const url = new URL(address)
    const secure = url.protocol === 'https:'
    if (!secure && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
      throw new Error(`${url.origin} is not an https address`)
    }
    const signal = AbortSignal.timeout(timeoutMs)
    const text = await new Promise<string>((resolve, reject) => {
      const request = secure
        ? get(url, { agent: secureAgent(), signal, headers: { accept: 'application/json' } })
        : httpGet(url, { agent: new HttpAgent(), signal, headers: { accept: 'application/json' } })
      request.on('error', reject)
      request.on('response', (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`${url.origin} answered ${response.statusCode}`))
          request.destroy()
          return
        }
        const chunks: Buffer[] = []
        let size = 0
        response.on('error', reject)
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > BODY_MAX)
            request.destroy(new Error(`${url.origin} answered with more than ${BODY_MAX} bytes`))
          else chunks.push(chunk)
        })
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      })
    })
    try {
      return JSON.parse(text) as unknown
    } catch (error) {
      throw new Error(`${url.origin} did not answer with JSON`, { cause: error })
    }
  }
}
