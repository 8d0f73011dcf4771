import { describe, expect, test } from 'vitest'
import { createClock } from '../../../../tenant/clock.ts'
import { createDeviceRequests, DEVICE_CODE_LIFE } from '../../../../tenant/issuer/device-requests.ts'

function made() {
  const clock = createClock(() => new Date(0))
  return { clock, requests: createDeviceRequests(clock) }
}

describe('a device request', () => {
  test('has a code to type, without vowels and digits, and one that nobody guesses', () => {
    const { userCode, deviceCode, decision } = made().requests.add('client', 'scope')
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{9}$/)
    expect(Buffer.from(deviceCode, 'base64url')).toHaveLength(32)
    expect(decision).toBe('pending')
  })

  test.each([
    (code: string) => code,
    (code: string) => code.toLowerCase(),
    (code: string) => ` ${code.slice(0, 3)}-${code.slice(3, 6)} ${code.slice(6)} `,
  ])('is found however its code is typed (%#)', (typed) => {
    const { requests } = made()
    const request = requests.add('client', 'scope')
    expect(requests.waiting(typed(request.userCode))).toBe(request)
  })

  test.each([() => '', (code: string) => code.slice(1), (code: string) => `${code}B`])(
    'is not found by another code (%#)',
    (typed) => {
      const { requests } = made()
      expect(requests.waiting(typed(requests.add('client', 'scope').userCode))).toBeUndefined()
    },
  )

  test('no longer waits once it is decided', () => {
    const { requests } = made()
    const request = requests.add('client', 'scope')
    requests.decide(request, { userId: 'alice' })
    expect(requests.waiting(request.userCode)).toBeUndefined()
    expect(requests.byDeviceCode(request.deviceCode)?.decision).toEqual({ userId: 'alice' })
  })

  test('no longer waits when its time is over', () => {
    const { clock, requests } = made()
    const { userCode } = requests.add('client', 'scope')
    clock.move((DEVICE_CODE_LIFE - 1) * 1000)
    expect(requests.waiting(userCode)).toBeDefined()
    clock.move(DEVICE_CODE_LIFE * 1000)
    expect(requests.waiting(userCode)).toBeUndefined()
  })

  test('goes when it is removed, and the oldest above a hundred', () => {
    const { requests } = made()
    const [first, second] = [requests.add('a', 's'), requests.add('b', 's')]
    requests.remove(second.deviceCode)
    expect(requests.byDeviceCode(second.deviceCode)).toBeUndefined()
    for (let index = 0; index < 99; index += 1) requests.add('c', 's')
    expect(requests.byDeviceCode(first.deviceCode)).toBe(first)
    requests.add('c', 's')
    expect(requests.byDeviceCode(first.deviceCode)).toBeUndefined()
  })
})
