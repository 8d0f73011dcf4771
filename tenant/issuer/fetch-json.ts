import { get as getPlain } from 'node:http'
import { get } from 'node:https'
import { getCACertificates } from 'node:tls'
import { isLoopbackHost } from '../../core/loopback.ts'

/** The most of an answer that is read, in bytes. */
const ANSWER_MAX = 256 * 1024

/** For the whole of an answer, in milliseconds. */
const TIMEOUT = 5000

/** Fetches a JSON object: over HTTPS, or plain HTTP on loopback. Follows no redirect. */
export async function fetchJson(
  address: string,
  caPem: string,
  timeout = TIMEOUT,
): Promise<Readonly<Record<string, unknown>>> {
  const url = new URL(address)
  const isLocal = isLoopbackHost(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) throw new TypeError('not HTTPS')
  // The dev CA counts for this machine only.
  const ca = isLocal ? [caPem] : getCACertificates('default')
  // Not the socket's own timeout: who sends a byte now and then is never idle.
  const signal = AbortSignal.timeout(timeout)
  const text = await new Promise<string>((resolve, reject) => {
    const start = url.protocol === 'https:' ? get : getPlain
    const request = start(
      url,
      { signal, ca, rejectUnauthorized: true, headers: { accept: 'application/json' } },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        if (response.statusCode !== 200) response.destroy(new Error(`status ${response.statusCode}`))
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > ANSWER_MAX) response.destroy(new Error('the answer is too large'))
          chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => resolve(Buffer.concat(chunks).toString()))
      },
    )
    request.on('error', reject)
  })
  const value: unknown = JSON.parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new TypeError('no JSON object')
}
