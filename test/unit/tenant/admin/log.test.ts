import { describe, expect, test } from 'vitest'
import { createLog } from '../../../../tenant/admin/log.ts'
import type { ExchangeRecord } from '../../../../tenant/http/exchange.ts'

const record = (path: string): ExchangeRecord => ({
  ...{ time: '2026-01-01T00:00:00.000Z', service: 'issuer', id: 'x', method: 'GET', host: 'localhost', path },
  ...{ status: 200, milliseconds: 1 },
})
const paths = (lines: readonly ExchangeRecord[]) => lines.map(({ path }) => path)

describe('the log', () => {
  test('gives lines in order, from a place on', () => {
    const log = createLog()
    for (const path of ['/a', '/b', '/c']) log.add(record(path))
    expect(paths(log.after(0))).toEqual(['/a', '/b', '/c'])
    const [, second] = log.after(0)
    expect(paths(log.after(second?.seq ?? 0))).toEqual(['/c'])
    expect(log.after(99)).toEqual([])
  })

  test('forgets the oldest, and goes on counting', () => {
    const log = createLog(2)
    for (const path of ['/a', '/b', '/c']) log.add(record(path))
    expect(paths(log.after(0))).toEqual(['/b', '/c'])
    expect(log.after(0).map(({ seq }) => seq)).toEqual([2, 3])
  })
})
