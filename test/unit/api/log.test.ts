import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { describeError, lineWriter, timed } from '../../../api/log.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const record = (event: string) => ({ time: '2030-01-01T00:00:00.000Z', level: 'info', event }) as const

test('lines of a moment are written together', () => {
  const written: string[] = []
  const { write } = lineWriter((text) => written.push(text))
  write(record('a'))
  write(record('b'))
  expect(written).toEqual([])
  vi.advanceTimersByTime(100)
  expect(written).toEqual([`${JSON.stringify(record('a'))}\n${JSON.stringify(record('b'))}\n`])
  vi.advanceTimersByTime(1000)
  expect(written.length).toBe(1)
})

test('many lines do not wait', () => {
  const written: string[] = []
  const { write } = lineWriter((text) => written.push(text))
  for (let index = 0; index < 1000; index += 1) write(record('many'))
  expect(written.length).toBeGreaterThan(1)
})

test('flush writes what waits, at once and once', () => {
  const written: string[] = []
  const { write, flush } = lineWriter((text) => written.push(text))
  write(record('last'))
  flush()
  flush()
  vi.advanceTimersByTime(1000)
  expect(written.length).toBe(1)
})

test('a line break in a value does not make a second line', () => {
  const written: string[] = []
  const { write, flush } = lineWriter((text) => written.push(text))
  write({ ...record('x'), path: 'a\nb' })
  flush()
  expect(written[0]?.trimEnd()).not.toContain('\n')
})

test('each record gets its time; without a log nothing happens', () => {
  const records: object[] = []
  vi.setSystemTime(new Date('2030-01-02T03:04:05.678Z'))
  timed((entry) => records.push(entry))({ level: 'info', event: 'x' })
  expect(records).toEqual([{ time: '2030-01-02T03:04:05.678Z', level: 'info', event: 'x' }])
  timed(undefined)({ level: 'info', event: 'x' })
})

test('an error is described with its causes, one line each, and not for ever', () => {
  const cause = new TypeError('second\nline')
  expect(describeError(new Error('first', { cause }))).toBe('Error: first <- TypeError: second')
  expect(describeError('text')).toBe('unknown error')
  const loop = new Error('loop')
  loop.cause = loop
  expect(describeError(loop).length).toBeLessThan(200)
  expect(describeError(new Error('x'.repeat(9999))).length).toBeLessThan(400)
})
