import { BodyTooLarge, otherMethod } from '../http/exchange.ts'
import type { Service } from '../http/listen.ts'
import { route } from '../http/router.ts'
import { askForCode, askForDecision, type DevicePageDeps, decide, STYLE } from './device.ts'
import { answerManagedIdentity, type ManagedIdentityDeps, refused } from './managed-identity.ts'

export type PagesDeps = ManagedIdentityDeps & DevicePageDeps

/**
 * What is served over plain HTTP, on loopback: the managed identity endpoint, which is so in the cloud, and pages for a
 * browser, which does not trust the dev CA.
 */
export function pagesService(deps: PagesDeps): Service {
  return {
    name: 'pages',
    routes: [
      route('GET', '/msi/token', (request) => answerManagedIdentity(request, deps)),
      route('GET', '/device', (request) => askForCode(request, deps)),
      route('POST', '/device', (request) => askForDecision(request, deps)),
      route('POST', '/device/decision', (request) => decide(request, deps)),
      route('GET', '/style.css', () => STYLE),
    ],
    answerError: (error) =>
      error instanceof BodyTooLarge
        ? refused(413, 'The request body is too large.')
        : refused(500, 'The local tenant failed.'),
    answerUnrouted: (_, allow) =>
      allow.length > 0 ? otherMethod() : refused(404, 'There is nothing at this address.'),
    headers: () => ({ 'x-content-type-options': 'nosniff' }),
  }
}
