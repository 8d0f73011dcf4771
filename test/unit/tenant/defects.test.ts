/** What a service answers for a defect of its own: in its own words, with nothing of what was thrown. */
import { describe, expect, test } from 'vitest'
import { createClock } from '../../../tenant/clock.ts'
import { answerGraphError } from '../../../tenant/graph/errors.ts'
import { type Answer, BodyTooLarge, type TenantRequest } from '../../../tenant/http/exchange.ts'
import { answerEntraError } from '../../../tenant/issuer/errors.ts'
import { answerVaultError } from '../../../tenant/vault/errors.ts'

const request: TenantRequest = {
  ...{ id: 'trace', method: 'GET', host: 'localhost', path: '/', query: new URLSearchParams() },
  ...{ headers: {}, params: {}, body: async () => Buffer.alloc(0) },
}
const clock = createClock()
const expected = { challenge: 'Bearer resource="x"', audience: 'https://vault.azure.net', issuer: 'x' }
const SERVICES: [string, (thrown: unknown) => Answer, string][] = [
  ['the issuer', (thrown) => answerEntraError(thrown, request, clock), 'AADSTS90033'],
  ['the vault', (thrown) => answerVaultError(thrown, expected), 'InternalServerError'],
  ['Graph', (thrown) => answerGraphError(thrown, request, clock), 'Service_InternalServerError'],
]

describe.each(SERVICES)('a defect of %s', (_, answer, code) => {
  test.each([
    new Error('what is inside'),
    new TypeError("Cannot read properties of undefined (reading 'inside')"),
    { message: 'inside', status: 200, code: 'inside' },
    'inside',
    undefined,
  ])('is a 500 and gives nothing away (%#)', (thrown) => {
    const { status, body, headers, note } = answer(thrown)
    expect(status).toBe(500)
    expect(note?.code).toBe(code)
    expect(JSON.stringify({ body, note })).not.toContain('inside')
    expect(headers).not.toHaveProperty('www-authenticate')
  })

  test('is none where the body was too large', () => {
    const { status, headers } = answer(new BodyTooLarge())
    expect(status).toBe(413)
    expect(headers).not.toHaveProperty('www-authenticate')
  })
})
