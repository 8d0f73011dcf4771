import { describe, expect, test } from 'vitest'
import { createFaults, type Fault, readFault } from '../../../../tenant/admin/faults.ts'

const FAULT: Fault = { service: 'issuer', answer: 503, times: 1 }
const at = (path: string) => ({ path })

describe('a fault', () => {
  test('meets as many requests as it was asked for', () => {
    const faults = createFaults()
    faults.add({ ...FAULT, times: 2 })
    expect([1, 2, 3].map(() => faults.take('issuer', at('/'))?.answer)).toEqual([503, 503, undefined])
    expect(faults.all()).toEqual([])
  })

  test('meets its own service only', () => {
    const faults = createFaults()
    faults.add(FAULT)
    expect(faults.take('vault', at('/'))).toBeUndefined()
    expect(faults.take('admin', at('/'))).toBeUndefined()
    expect(faults.all()).toHaveLength(1)
  })

  test('meets paths that have its part only', () => {
    const faults = createFaults()
    faults.add({ ...FAULT, pathContains: '/token' })
    expect(faults.take('issuer', at('/keys'))).toBeUndefined()
    expect(faults.take('issuer', at('/t/oauth2/v2.0/token'))).toBeDefined()
  })

  test('waits for its turn behind those before it', () => {
    const faults = createFaults()
    faults.add(FAULT)
    faults.add({ ...FAULT, answer: 429 })
    expect([1, 2].map(() => faults.take('issuer', at('/'))?.answer)).toEqual([503, 429])
  })

  test('goes when all are cleared', () => {
    const faults = createFaults()
    faults.add(FAULT)
    faults.clear()
    expect(faults.take('issuer', at('/'))).toBeUndefined()
  })

  test('pushes the oldest out above a hundred', () => {
    const faults = createFaults()
    faults.add({ ...FAULT, answer: 500 })
    for (let index = 0; index < 100; index += 1) faults.add(FAULT)
    expect(faults.all()).toHaveLength(100)
    expect(faults.all().some(({ answer }) => answer === 500)).toBe(false)
  })
})

describe('readFault', () => {
  test.each([
    [
      { service: 'issuer', answer: 503 },
      { service: 'issuer', answer: 503, times: 1 },
    ],
    [
      { service: 'vault', latencyMs: 10, times: 3 },
      { service: 'vault', latencyMs: 10, times: 3 },
    ],
    [
      { service: 'graph', answer: 'drop', pathContains: 'x', evil: 1 },
      { service: 'graph', answer: 'drop', times: 1, pathContains: 'x' },
    ],
    [
      { service: 'issuer', answer: 429, retryAfter: 0 },
      { service: 'issuer', answer: 429, retryAfter: 0, times: 1 },
    ],
    [
      { service: 'issuer', latencyMs: 0, times: 10_000 },
      { service: 'issuer', latencyMs: 0, times: 10_000 },
    ],
    [
      { service: 'vault', answer: 503, latencyMs: 60_000, retryAfter: 3600 },
      { service: 'vault', answer: 503, latencyMs: 60_000, retryAfter: 3600, times: 1 },
    ],
  ])('reads %j', (value, fault) => {
    expect(readFault(value)).toStrictEqual(fault)
  })

  test.each([
    [{}, 'service'],
    [{ service: 'nobody', answer: 503 }, 'service'],
    [{ service: 'issuer', answer: 418 }, 'answer'],
    [{ service: 'issuer', answer: '503' }, 'answer'],
    [{ service: 'issuer', answer: 503, times: 1.5 }, 'times'],
    [{ service: 'issuer', answer: 503, times: '2' }, 'times'],
    [{ service: 'issuer', answer: 503, times: 0 }, 'times'],
    [{ service: 'admin', answer: 503 }, 'service'],
    [{ service: 'pages', answer: 503 }, 'service'],
    [{ service: 'issuer', answer: 503, times: 10_001 }, 'times'],
    [{ service: 'issuer', latencyMs: -1 }, 'latencyMs'],
    [{ service: 'issuer', latencyMs: 60_001 }, 'latencyMs'],
    [{ service: 'issuer', answer: 503, retryAfter: 3601 }, 'retryAfter'],
    [{ service: 'issuer', answer: 503, pathContains: {} }, 'pathContains'],
    [{ service: 'issuer', times: 2 }, 'answer'],
  ])('says what is wrong with %j', (value, word) => {
    expect(readFault(value)).toContain(word)
  })
})
