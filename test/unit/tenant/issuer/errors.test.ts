/** Entra's envelope, and what the log may say beside it (entra.md 2.1). */
import { describe, expect, test } from 'vitest'
import { createClock } from '../../../../tenant/clock.ts'
import { BodyTooLarge, type TenantRequest } from '../../../../tenant/http/exchange.ts'
import { answerEntraError, EntraError, entraHeaders } from '../../../../tenant/issuer/errors.ts'

const ID = '0d5e2b36-6f5c-4b7a-9c1d-0c6a9d1f2e3b'
const ASKED = '5D0E3A6E-32C5-4B0F-9D21-6D1F0A8A7F10'
const clock = createClock(() => new Date('2026-06-01T12:00:00.123Z'))
const request = (headers: Record<string, string | string[]> = {}, query = ''): TenantRequest => ({
  ...{ id: ID, method: 'POST', host: 'localhost', path: '/', headers, params: {} },
  query: new URLSearchParams(query),
  body: () => Promise.resolve(Buffer.alloc(0)),
})
const answered = (thrown: unknown, asked = request()) => {
  const { status, body, note } = answerEntraError(thrown, asked, clock)
  return { status, body: JSON.parse(String(body)), note }
}

describe('a refusal', () => {
  test('has its code in body and log, and the app that asked in the log', () => {
    expect(answered(new EntraError(401, 'invalid_client', 7000215, 'Wrong.', 'app'))).toEqual({
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: `AADSTS7000215: Wrong. Trace ID: ${ID} Correlation ID: ${ID} Timestamp: 2026-06-01 12:00:00Z`,
        error_codes: [7000215],
        timestamp: '2026-06-01 12:00:00Z',
        trace_id: ID,
        correlation_id: ID,
        error_uri: 'https://login.microsoftonline.com/error?code=7000215',
      },
      note: { code: 'AADSTS7000215', reason: 'Wrong.', clientId: 'app' },
    })
  })

  test('that Entra does not know has no code, in neither', () => {
    const { body, note } = answered(new EntraError(401, 'invalid_client', undefined, 'Used before.'))
    expect(body).toMatchObject({
      error_codes: [],
      error_description: expect.stringMatching(/^Used before\./),
    })
    expect(body).not.toHaveProperty('error_uri')
    expect(note).toEqual({ reason: 'Used before.' })
  })

  test.each([700038, 70003, 5002727])('with the code %i comes without error_uri', (code) => {
    expect(answered(new EntraError(400, 'invalid_request', code, 'x')).body).not.toHaveProperty('error_uri')
  })

  test.each<[string, unknown, number, number]>([
    ['a body that is too large', new BodyTooLarge(), 413, 900561],
    ['a defect', new Error('secret'), 500, 90033],
    ['what is no error', 'secret', 500, 90033],
  ])('that comes of %s gives nothing away', (_, thrown, status, code) => {
    const answer = answered(thrown)
    expect({ status: answer.status, codes: answer.body.error_codes }).toEqual({ status, codes: [code] })
    expect(JSON.stringify(answer)).not.toContain('secret')
  })
})

describe('the caller’s own id', () => {
  test.each<[string, TenantRequest]>([
    ['header', request({ 'client-request-id': ASKED })],
    ['query', request({}, `client-request-id=${ASKED}`)],
  ])('is taken from the %s', (_, asked) => {
    const error = new EntraError(400, 'invalid_request', 50027, 'x')
    expect(answered(error, asked).body).toMatchObject({ trace_id: ID, correlation_id: ASKED.toLowerCase() })
    expect(entraHeaders(asked)).toMatchObject({
      'client-request-id': ASKED.toLowerCase(),
      'x-ms-request-id': ID,
    })
  })

  test.each([[''], ['x'], [`x${ASKED}`], [`${ASKED}x`], [`${ASKED}\r\nx-more: 1`], [[ASKED]]])(
    'is not, where it is %j',
    (id) => {
      const asked = request({ 'client-request-id': id })
      const error = new EntraError(400, 'invalid_request', 50027, 'x')
      expect(answered(error, asked).body.correlation_id).toBe(ID)
      expect(entraHeaders(asked)).not.toHaveProperty('client-request-id')
    },
  )
})
