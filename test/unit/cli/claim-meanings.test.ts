import { describe, expect, it } from 'vitest'
import { isOpaque, meaningOf } from '../../../cli/claim-meanings.ts'

describe('the meaning of a claim', () => {
  it.each([
    ['azpacr', '0', /public client/],
    ['azpacr', '1', /v2\.0.*secret/],
    ['azpacr', '2', /v2\.0.*certificate/],
    ['appidacr', '2', /v1\.0.*certificate/],
    ['idtyp', 'app', /without a user/],
    ['idtyp', 'user', /for a user/],
    ['aud', 'x', /API that the token is for/],
    ['xms_something', 'x', /Entra's own/],
  ])('of %s %s is told', (claim, value, meaning) => {
    expect(meaningOf(claim, value)).toMatch(meaning)
  })

  it.each([
    ['__proto__', 'x'],
    ['constructor', 'x'],
    ['made_up', 1],
    ['azpacr', '__proto__'],
    ['idtyp', 'toString'],
    ['idtyp', 7],
  ])('of %s %j, which nobody documents, is said to be unknown', (claim, value) => {
    expect(meaningOf(claim, value)).toBe('Not a claim that Entra documents for access tokens')
  })

  it('fits beside a claim on a terminal of 80 columns', () => {
    for (const claim of ['aud', 'oid', 'sub', 'iat', 'acr', 'xms_cc', 'roles'])
      expect(meaningOf(claim, '').length).toBeLessThanOrEqual(72)
  })

  it.each([
    ['aio', true],
    ['uti', true],
    ['aud', false],
    ['iss', false],
    ['constructor', false],
  ])('%s may be cut: %s', (claim, opaque) => {
    expect(isOpaque(claim)).toBe(opaque)
  })
})
