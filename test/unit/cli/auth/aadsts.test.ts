import { describe, expect, it } from 'vitest'
import { issuerRefusal } from '../../../../cli/auth/aadsts.ts'
import { commandsIn, usageError } from '../../../support/hints.ts'

const refusal = (code: number, text = 'Something.') =>
  issuerRefusal({
    error: 'invalid_client',
    error_description: `AADSTS${code}: ${text} Trace ID: x`,
    error_codes: [code],
  })

/** Those that the local tenant answers with, and those that a newcomer meets first. */
const CODES: readonly (readonly [code: number, means: RegExp, hint: RegExp])[] = [
  [90002, /no such tenant/, /TENANT_ID/],
  [900023, /neither a GUID nor a domain/, /AUTHORITY/],
  [70011, /scope/, /\/\.default/],
  [1002012, /must end in \/\.default/, /SCOPES/],
  [500011, /identifier URI/, /SCOPES/],
  [501051, /not assigned to any role/, /admin consent/],
  [700016, /no app with this client id/, /CLIENT_ID/],
  [700038, /not the id of an application/, /CLIENT_ID/],
  [700021, /another client id/, /CLIENT_ID/],
  [700023, /another token endpoint/, /AUTHORITY/],
  [700024, /not within its time/, /clock/],
  [700025, /public client/, /confidential/],
  [700027, /not registered/, /todo-cli app credential add CERT/],
  [7000215, /client secret is wrong/, /value, not its id/],
  [7000218, /no credential/, /--auth/],
  [7000222, /secret has expired/, /todo-cli cert create/],
  [50027, /no valid JWT/, /--verbose/],
]

describe('a refusal of the issuer', () => {
  it.each(CODES)('AADSTS%i says what it means and what to do', async (code, means, hint) => {
    const error = refusal(code)
    expect(error.code).toBe('issuer-refused')
    expect(error.serviceCode).toBe(`AADSTS${code}`)
    expect(error.message).toMatch(means)
    expect(error.message).toContain(`(AADSTS${code})`)
    expect(error.hint).toMatch(hint)
    for (const command of commandsIn(error.hint ?? ''))
      expect({ command, wrong: await usageError(command) }).toEqual({ command, wrong: undefined })
  })

  it.each([
    ['[Reason - The key was not found.]', /not registered with the app/],
    ['[Reason - The key used is expired.]', /has expired, or is not valid yet/],
    [
      '[Reason - The provided signature value did not match the expected signature value.]',
      /signature was not made with the key/,
    ],
  ])('AADSTS700027 is told apart by %s', (text, means) => {
    expect(refusal(700027, text).message).toMatch(means)
  })

  it.each([
    ['certs/daemon.pem', 'todo-cli app credential add certs/daemon.pem '],
    ['my certs/daemon.pem', "todo-cli app credential add 'my certs/daemon.pem' "],
    [
      'https://v.vault.azure.net/certificates/a/1',
      'todo-cli app credential add https://v.vault.azure.net/certificates/a/1 ',
    ],
  ])('AADSTS700027 names the certificate %s in the command to type', (certificate, command) => {
    const body = { error: 'invalid_client', error_description: 'AADSTS700027: x', error_codes: [700027] }
    expect(issuerRefusal(body, { certificate }).hint).toContain(command)
  })

  it("of a code that nobody knows says the issuer's first sentence", () => {
    const error = refusal(123456, 'The moon is full. Try tomorrow.')
    expect(error.message).toBe('the issuer refused the request: The moon is full (AADSTS123456)')
  })

  it('is known by its text where it has no list of codes', () => {
    expect(issuerRefusal({ error: 'x', error_description: 'AADSTS7000215: Invalid.' }).serviceCode).toBe(
      'AADSTS7000215',
    )
  })

  it.each([
    [{ error: 'invalid_client' }, 'the issuer refused the request: no reason given (invalid_client)'],
    [{}, 'the issuer refused the request: no reason given (unknown error)'],
    [
      { error: 'x', error_description: 42, error_codes: 'y' },
      'the issuer refused the request: no reason given (x)',
    ],
  ])('of another shape, %o, is still one line', (body, message) => {
    expect(issuerRefusal(body).message).toBe(message)
  })

  it('keeps the whole text as its cause, on one line, and it is long for a line of its own', () => {
    const { message, cause } = refusal(123456, `${'x'.repeat(500)}\r\nsecond line`)
    expect(message.length).toBeLessThan(300)
    expect(String(cause)).toContain('second line')
    expect(String(cause)).not.toMatch(/[\r\n]/)
  })
})
