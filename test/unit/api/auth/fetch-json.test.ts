import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFetchJson } from '../../../../api/auth/fetch-json.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

let issuer: TestIssuer
beforeEach(async () => {
  issuer = await startIssuer()
})
afterEach(() => issuer.close())

test('it trusts the CA that it is given, beside those of Node', async () => {
  const { caPem, authority } = issuer
  expect(await createFetchJson({ caPem })(authority)).toEqual(issuer.discovery)
  await expect(createFetchJson({})(authority)).rejects.toThrow(/certificate/)
})

test("it trusts nobody more where Node's own variable turns verification off", async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    await expect(createFetchJson({})(issuer.authority)).rejects.toThrow(/certificate/)
  } finally {
    vi.unstubAllEnvs()
  }
})

test('it goes through a proxy, where one is configured, and not for the hosts that are excepted', async () => {
  const { caPem, authority } = issuer
  const port = Number(new URL(authority).port)
  const proxy = await startConnectProxy(() => port)
  try {
    const through = createFetchJson({ caPem, proxy: { HTTPS_PROXY: proxy.url } })
    expect(await through(authority)).toEqual(issuer.discovery)
    expect(proxy.asked).toEqual([`localhost:${port}`])
    const around = createFetchJson({ caPem, proxy: { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' } })
    expect(await around(authority)).toEqual(issuer.discovery)
    expect(proxy.asked.length).toBe(1)
  } finally {
    await proxy.close()
  }
})

test('a proxy that refuses is an error', async () => {
  const proxy = await startConnectProxy(() => undefined)
  const fetchJson = createFetchJson({ caPem: issuer.caPem, proxy: { HTTPS_PROXY: proxy.url } })
  await expect(fetchJson(issuer.authority)).rejects.toThrow()
  await proxy.close()
})

describe('plain HTTP', () => {
  test('is refused off loopback, before any request', async () => {
    await expect(createFetchJson({})('http://example.com/keys')).rejects.toThrow(/not an https address/)
    await expect(createFetchJson({})('ftp://localhost/keys')).rejects.toThrow(/not an https address/)
  })

  test('is possible on loopback', async () => {
    const server = createServer((_req, res) => res.end('{"a":1}')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    expect(await createFetchJson({})(`http://127.0.0.1:${port}/`)).toEqual({ a: 1 })
    server.close()
  })
})
