import { describe, expect, it } from 'vitest'
import { issuerRefusal } from '../../../../cli/auth/aadsts.ts'
import { commandsIn, usageError } from '../../../support/hints.ts'

const refusal = (code: number, text = 'Something.') =>
  issuerRefusal({
    error: 'invalid_client',
    error_description: `AADSTS${code}: ${text} Trace ID: x`,
    error_codes: [code],
  })

/** Those of which a newcomer meets most: what must be in the sentence, and in the command. */
const CODES: readonly (readonly [code: number, means: RegExp, hint: RegExp])[] = [
  [90002, /no such tenant/, /todo-cli config set authority/],
  [900023, /neither a GUID nor a domain/, /todo-cli config set authority/],
  [90038, /another cloud/, /login\.microsoftonline\.us/],
  [70011, /scope/, /todo-cli config set scopes .*\/\.default/],
  [1002012, /must end in \/\.default/, /todo-cli config set scopes .*\/\.default/],
  [500011, /identifier URI/, /az ad app list .*todo-cli config set scopes/],
  [501051, /not assigned to any role/, /az ad app permission admin-consent --id CLIENT_ID/],
  [65001, /consented/, /az ad app permission admin-consent --id CLIENT_ID/],
  [700016, /no app with this client id/, /object id.*az ad app show --id CLIENT_ID --query appId/],
  [700038, /not the id of an application/, /az ad app list --show-mine/],
  [7000112, /disabled/, /az ad sp update --id CLIENT_ID --set accountEnabled=true/],
  [700021, /another app than client_id/, /todo-cli config get clientId/],
  [700023, /another token endpoint/, /todo-cli config get authority/],
  [700024, /clock/, /timedatectl set-ntp true/],
  [700025, /public client/, /todo-cli login/],
  [700027, /not registered/, /todo-cli app credential add CERT/],
  [7000215, /client secret is wrong/, /value, not its id.*az ad app credential reset --append/],
  [7000218, /no credential/, /--auth cert/],
  [7000222, /secret has expired/, /az ad app credential reset --append.*todo-cli cert create/],
  [7000214, /revoked/, /todo-cli cert create NAME, then: todo-cli app credential add/],
  [7000277, /revoked/, /todo-cli cert create NAME, then: todo-cli app credential add/],
  [7000274, /dates, or the signature/, /todo-cli cert verify CERT/],
  [1000502, /not within its dates/, /todo-cli cert create NAME/],
  [50027, /no valid JWT/, /--verbose/],
  [5002738, /algorithm/, /todo-cli config set assertionAlg RS256/],
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
    [
      `[Reason - The key was not found., Thumbprint of key used by client: '${'AB'.repeat(32)}']`,
      /not registered with the app/,
    ],
    [
      `[Reason - The key was not found., Thumbprint of key used by client: '${'AB'.repeat(20)}']`,
      /not registered with the app/,
    ],
  ])('AADSTS700027 is told apart by %s', (text, means) => {
    expect(refusal(700027, text).message).toMatch(means)
  })

  it('AADSTS700027 for a SHA-256 thumbprint tells the other way to name the certificate, too', () => {
    const text = `[Reason - The key was not found., Thumbprint of key used by client: '${'AB'.repeat(32)}']`
    expect(refusal(700027, text).hint).toMatch(/credential add CERT .*--assertion-alg RS256$/)
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

  it('fills in the ids that are known, so that the command can be pasted', () => {
    const [clientId, api] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
    const body = { error: 'x', error_description: 'AADSTS501051: x', error_codes: [501051] }
    const { hint } = issuerRefusal(body, { clientId, scope: `api://${api}/.default` })
    expect(hint).toContain(
      `az ad app permission add --id ${clientId} --api ${api} --api-permissions ROLE_ID=Role`,
    )
    expect(hint).toContain(`az ad app permission admin-consent --id ${clientId}`)
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
