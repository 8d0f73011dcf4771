import { describe, expect, test } from 'vitest'
import { createClock } from '../../../tenant/clock.ts'

const START = new Date('2026-01-01T00:00:00.999Z')
const fixed = () => createClock(() => START)

describe('the clock', () => {
  test('is its source until it is moved', () => {
    expect(fixed().now()).toEqual(START)
  })

  test('rounds seconds down', () => {
    expect(fixed().seconds()).toBe(Date.parse('2026-01-01T00:00:00Z') / 1000)
  })

  test.each([60_000, -60_000])('is moved by %i milliseconds', (offset) => {
    const clock = fixed()
    clock.move(offset)
    expect(clock.now().getTime() - START.getTime()).toBe(offset)
    expect(clock.offsetMs).toBe(offset)
  })

  test('is moved from its source, not from where it was', () => {
    const clock = fixed()
    clock.move(1000)
    clock.move(2000)
    expect(clock.now().getTime() - START.getTime()).toBe(2000)
  })

  test('begins where it was left', () => {
    expect(
      createClock(() => START, 5000)
        .now()
        .getTime() - START.getTime(),
    ).toBe(5000)
  })
})
