/** Device codes that wait for somebody to approve or deny them (RFC 8628). In memory: they live 15 minutes. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** In seconds. */
export const DEVICE_CODE_LIFE = 900

/** The most that wait at a time; the oldest go first. */
const WAITING_MAX = 100

/** Letters that are hard to take for another. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

export interface DeviceRequest {
  readonly deviceCode: string
  /** What the person types: nine letters. */
  readonly userCode: string
  readonly clientId: string
  readonly scope: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly decision: 'pending' | 'denied' | { readonly userId: string }
}

export interface DeviceRequests {
  add(clientId: string, scope: string): DeviceRequest
  byDeviceCode(deviceCode: string): DeviceRequest | undefined
  /** One that still waits. Letter case, spaces and hyphens do not matter. */
  waiting(userCode: string): DeviceRequest | undefined
  decide(request: DeviceRequest, decision: DeviceRequest['decision']): void
  /** A device code is good for one token. */
  remove(deviceCode: string): void
}

export function createDeviceRequests(clock: Clock): DeviceRequests {
  const requests = new Map<string, DeviceRequest>()
  return {
    add: (clientId, scope) => {
      const request: DeviceRequest = {
        deviceCode: randomBytes(32).toString('base64url'),
        userCode: Array.from({ length: 9 }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
        clientId,
        scope,
        expiresAt: clock.seconds() + DEVICE_CODE_LIFE,
        decision: 'pending',
      }
      requests.set(request.deviceCode, request)
      const [oldest] = requests.keys()
      if (requests.size > WAITING_MAX && oldest !== undefined) requests.delete(oldest)
      return request
    },
    byDeviceCode: (deviceCode) => requests.get(deviceCode),
    waiting: (userCode) => {
      const wanted = userCode.toUpperCase().replace(/[^A-Z]/g, '')
      return [...requests.values()].find(
        (request) =>
          request.userCode === wanted &&
          request.decision === 'pending' &&
          clock.seconds() < request.expiresAt,
      )
    },
    decide: (request, decision) => {
      requests.set(request.deviceCode, { ...request, decision })
    },
    remove: (deviceCode) => {
      requests.delete(deviceCode)
    },
  }
}
