import { describe, expect, test } from 'vitest'
import { createClock } from '../../../../tenant/clock.ts'
import { createReplayGuard } from '../../../../tenant/issuer/replays.ts'
import { newApplication } from '../../../../tenant/seed/applications.ts'

const clock = createClock()
const app = (displayName: string) => newApplication({ displayName, createdDateTime: '2026-01-01T00:00:00Z' })
const one = app('one')

/** Whether the guard takes it. */
function taker(remembered?: number) {
  const guard = createReplayGuard(remembered)
  return (jti: unknown, client = one) => {
    try {
      guard.assertNew({ jti }, client, clock)
      return true
    } catch {
      return false
    }
  }
}

describe('the replay guard', () => {
  test('takes an assertion once', () => {
    const takes = taker()
    expect([takes('a'), takes('a'), takes('b'), takes('a'), takes('b')]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ])
  })

  test('takes the same jti from another client', () => {
    const takes = taker()
    expect([takes('a'), takes('a', app('two'))]).toEqual([true, true])
  })

  test.each([undefined, null, 7, ['a'], { a: 1 }])('refuses the jti %j', (jti) => {
    expect(taker()(jti)).toBe(false)
  })

  test('remembers at least as many as it is told to, and not all that ever were', () => {
    const takes = taker(3)
    for (const jti of ['a', 'b', 'c', 'd']) takes(jti)
    expect(['b', 'c', 'd'].map((jti) => takes(jti))).toEqual([false, false, false])
    for (const jti of ['e', 'f', 'g', 'h', 'i']) takes(jti)
    expect(takes('a')).toBe(true)
  })

  test('remembers at most twice as many', () => {
    const takes = taker(3)
    for (const jti of ['a', 'b', 'c', 'd', 'e', 'f']) takes(jti)
    expect(['d', 'e', 'f', 'a'].map((jti) => takes(jti))).toEqual([false, false, false, true])
  })
})
