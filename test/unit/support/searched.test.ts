/** The scanner that runs over all captured output: what it must not let pass. */
import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type KeyPair, pkcs8, rsaKeys } from '../../support/certificates.ts'
import { searched } from '../../support/cli.ts'

let keys: KeyPair
beforeAll(async () => {
  keys = await rsaKeys()
})

const result = (stdout: string, stderr = '') => ({ stdout, stderr, exitCode: 0 })
const base64 = (type: 'pkcs8' | 'pkcs1') =>
  keys.privateKey.export({ type, format: 'der' } as { type: 'pkcs8'; format: 'der' }).toString('base64')
const jwt = () =>
  ['{"alg":"PS256"}', '{"sub":"someone"}', randomBytes(32)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

describe('searched finds', () => {
  it.each<[string, () => string]>([
    ['a private key in PEM', () => pkcs8(keys.privateKey)],
    ['one that is encrypted', () => pkcs8(keys.privateKey, 'p')],
    ['one without its first and last line', () => pkcs8(keys.privateKey).split('\n').slice(1, -2).join('\n')],
    ['one in the old form', () => keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['PKCS#8 in base64', () => base64('pkcs8')],
    ['PKCS#1 in base64', () => `key=${base64('pkcs1')}`],
    ['a token with its signature', jwt],
    ['a client secret', () => `abc8Q~${'x'.repeat(34)}`],
  ])('%s, on either stream', (_, text) => {
    const written = text()
    expect(() => searched(result(written))).toThrow(/was written/)
    expect(() => searched(result('', `error: ${written}`))).toThrow(/was written/)
  })

  it('no secret in a public key, or in a token that token get prints', () => {
    searched(result(keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()))
    searched(result(jwt()), ['token', 'get'])
    expect(() => searched(result('', jwt()), ['token', 'get'])).toThrow(/was written/)
  })
})
