/** A web server of a test's own, on a free port of loopback: plain, or over TLS. */
import { once } from 'node:events'
import { createServer as createPlain, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTls } from 'node:https'
import { afterAll } from 'vitest'
import { buildCertificate } from '../../core/forge/x509.ts'
import { pkcs8, rsaKeys } from './certificates.ts'

export interface WebServer {
  /** `https://localhost:PORT` */
  readonly origin: string
  readonly port: number
  /** Each request that came, oldest first. */
  readonly requests: IncomingMessage[]
  close(): Promise<void>
}

export interface Tls {
  readonly cert: string
  readonly key: string
}

/** Closed after the tests of the file, where the test has not done so. */
export async function startWebServer(answer: RequestListener, tls?: Tls): Promise<WebServer> {
  const requests: IncomingMessage[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(request)
    answer(request, response)
  }
  const server = tls === undefined ? createPlain(listener) : createTls({ ...tls }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  afterAll(close)
  return { origin: `${tls === undefined ? 'http' : 'https'}://localhost:${port}`, port, requests, close }
}

/** A self-signed certificate, which is its own CA, for a host name. `until` in days from now. */
export async function tlsFor(name: string, { from = -2, until = 2 } = {}): Promise<Tls> {
  const { publicKey, privateKey } = await rsaKeys()
  const cert = buildCertificate({
    subject: [{ type: 'CN', value: name }],
    publicKey,
    signer: { privateKey },
    notBefore: new Date(Date.now() + from * 86_400_000),
    notAfter: new Date(Date.now() + until * 86_400_000),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth'],
    dnsNames: [name],
  })
  return { cert, key: pkcs8(privateKey) }
}
