/** Each check of a client assertion alone: what is refused, and what must not be. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { thumbprintsOf } from '../../../../core/thumbprints.ts'
import { createClock } from '../../../../tenant/clock.ts'
import { keyCredential } from '../../../../tenant/credentials.ts'
import { type AssertionContext, checkAssertion, parseAssertion } from '../../../../tenant/issuer/assertion.ts'
import { createReplayGuard } from '../../../../tenant/issuer/replays.ts'
import { newApplication } from '../../../../tenant/seed/applications.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const DAY = 86_400_000
const TOKEN_ENDPOINT = 'https://localhost/tenant/oauth2/v2.0/token'

function identity(from = -1, until = 30) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = certificateOver(privateKey, from, until)
  return { privateKey, pem, der: new X509Certificate(pem).raw }
}

function certificateOver(privateKey: KeyObject, from = -1, until = 30): string {
  return buildCertificate({
    subject: [{ type: 'CN', value: 'assertion' }],
    publicKey: createPublicKey(privateKey),
    signer: { privateKey },
    notBefore: new Date(NOW.getTime() + from * DAY),
    notAfter: new Date(NOW.getTime() + until * DAY),
    keyUsage: ['digitalSignature'],
  })
}

const own = identity()
const second = identity()
const stranger = identity()
const client = newApplication({
  displayName: 'client',
  createdDateTime: NOW.toISOString(),
  keyCredentials: [keyCredential(second.pem), keyCredential(own.pem)],
})
const prints = thumbprintsOf(own.der)

interface Spec {
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  readonly key?: KeyObject
  readonly alg?: 'RS256' | 'PS256'
}

function assertion({ header = {}, claims = {}, key = own.privateKey, alg = 'RS256' }: Spec = {}): string {
  const id = client.appId
  const all = { iss: id, sub: id, aud: TOKEN_ENDPOINT, jti: 'j', nbf: SECONDS, exp: SECONDS + 600, ...claims }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${encode({ alg, typ: 'JWT', x5t: prints.x5t, ...header })}.${encode(all)}`
  const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}
  return `${input}.${sign('sha256', Buffer.from(input), { key, ...padding }).toString('base64url')}`
}

const context = (more: Partial<AssertionContext> = {}): AssertionContext => ({
  ...{ client, audiences: [TOKEN_ENDPOINT], clock: createClock(() => NOW), legacyThumbprintsOnly: false },
  ...more,
})
const check = (spec: Spec = {}, more: Partial<AssertionContext> = {}) =>
  checkAssertion(assertion(spec), context(more))
const passes = (spec: Spec, more: Partial<AssertionContext> = {}) =>
  expect(() => check(spec, more)).not.toThrow()
const refuses = (code: number, spec: Spec, more: Partial<AssertionContext> = {}) =>
  expect(() => check(spec, more)).toThrow(expect.objectContaining({ name: 'EntraError', code }))

describe('the form of an assertion', () => {
  test.each(['', 'a', 'a.b', 'a.b.c.d', 'a.b.', '.b.c', 'a b.c.d', 'ä.b.c', ' a.b.c', 'a.b.c\n'])(
    '%j is none',
    (text) => {
      expect(() => parseAssertion(text)).toThrow(expect.objectContaining({ code: 50027 }))
    },
  )

  test.each(['[]', '"x"', 'null', '1', '{', ''])('%j is no header, and no claims', (json) => {
    const part = Buffer.from(json).toString('base64url') || 'e'
    const object = Buffer.from('{}').toString('base64url')
    for (const text of [`${part}.${object}.x`, `${object}.${part}.x`])
      expect(() => parseAssertion(text)).toThrow(expect.objectContaining({ code: 50027 }))
  })

  test.each([(text: string) => `x ${text}`, (text: string) => `${text}\n`, (text: string) => `${text}.x`])(
    'has nothing before it, and nothing after it',
    (around) => {
      expect(() => parseAssertion(around(assertion()))).toThrow(expect.objectContaining({ code: 50027 }))
    },
  )

  test('is read into header and claims', () => {
    const { header, claims } = parseAssertion(assertion())
    expect(header).toMatchObject({ alg: 'RS256', x5t: prints.x5t })
    expect(claims).toMatchObject({ iss: client.appId })
  })
})

describe('the header', () => {
  test.each([['JWT'], ['jwt'], ['http://openid.net/specs/jwt/1.0'], [undefined]])(
    'may have the typ %j',
    (typ) => passes({ header: { typ } }),
  )
  test.each([['at+jwt'], ['JWS'], [''], [null], [7], [['JWT']]])('may not have the typ %j', (typ) =>
    refuses(5002727, { header: { typ } }),
  )
  test.each([['HS256'], ['none'], ['RS384'], ['ES256'], ['rs256'], [''], [undefined], [null], [{}]])(
    'may not have the alg %j',
    (alg) => refuses(5002738, { header: { alg } }),
  )
  test('without an alg is refused with no name of one', () => {
    expect(() => check({ header: { alg: undefined } })).toThrow(/ '' is not a supported signature algorithm/)
  })
  test.each([[[]], [['b64']], ['x'], [null]])('may not have crit: %j', (crit) =>
    refuses(50027, { header: { crit } }),
  )
  test('that names an HMAC over the public certificate opens nothing', () =>
    refuses(5002738, { header: { alg: 'HS256' } }))
})

describe('the thumbprint', () => {
  const S256 = 'x5t#S256'
  test('may be a SHA-1 or a SHA-256, in their places', () => {
    passes({})
    passes({ header: { x5t: undefined, [S256]: prints[S256] } })
    passes({ alg: 'PS256', header: { x5t: undefined, [S256]: prints[S256] } })
  })
  test('by SHA-256 counts where both are there', () => {
    refuses(700027, { header: { [S256]: thumbprintsOf(stranger.der)[S256] } })
    passes({ header: { x5t: 'AAAA', [S256]: prints[S256] } })
  })
  test('may be padded', () => passes({ header: { x5t: `${prints.x5t}=` } }))
  test.each([
    [`!${prints.x5t}`],
    [`${prints.x5t}!`],
    [`${prints.x5t}===`],
    ['==='],
    [''],
    [7],
    [null],
    [[prints.x5t]],
    [undefined],
    ['+/+/'],
  ])('%j names nothing', (x5t) => refuses(700027, { header: { x5t } }))
  test('is not found by its hexadecimal form', () => refuses(700027, { header: { x5t: prints.sha1 } }))
  test('of a SHA-256 within x5t names nothing, and is shown with its 64 digits', () => {
    expect(() => check({ header: { x5t: prints[S256] } })).toThrow(
      expect.objectContaining({ code: 700027, message: expect.stringContaining(`'${prints.sha256}'`) }),
    )
  })
  test('by SHA-256 alone is not taken where the tenant goes by SHA-1', () => {
    const legacy = { legacyThumbprintsOnly: true }
    refuses(700027, { header: { x5t: undefined, [S256]: prints[S256] } }, legacy)
    passes({}, legacy)
    passes({ header: { [S256]: thumbprintsOf(stranger.der)[S256] } }, legacy)
  })
  test.each([
    ['before it', (print: string) => `!${print}`],
    ['after it', (print: string) => `${print}!`],
    ['three times = after it', (print: string) => `${print}===`],
    ['a line break after it', (print: string) => `${print}\n`],
  ])('with more %s names nothing', (_, around) => {
    refuses(700027, { header: { x5t: around(prints.x5t) } })
    refuses(700027, { header: { x5t: undefined, [S256]: around(prints[S256]) } })
  })
  test('of another app’s certificate names nothing', () =>
    refuses(700027, { header: { x5t: thumbprintsOf(stranger.der).x5t }, key: stranger.privateKey }))
  test('finds the certificate among several', () =>
    passes({ header: { x5t: thumbprintsOf(second.der).x5t }, key: second.privateKey }))
})

describe('the signature', () => {
  test('of the other registered key does not do', () => refuses(700027, { key: second.privateKey }))
  test('of the right key by the other algorithm does not do', () => {
    const pss = assertion({ alg: 'PS256' })
    const [, claims, signature] = pss.split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', x5t: prints.x5t })).toString(
      'base64url',
    )
    expect(() => checkAssertion(`${header}.${claims}.${signature}`, context())).toThrow(
      expect.objectContaining({ code: 700027 }),
    )
  })
  test.each([0, 1, 2])('is over all of it: part %i may not change', (index) => {
    const parts = assertion().split('.')
    const part = Buffer.from(parts[index] ?? '', 'base64url')
    if (index < 2) parts[index] = Buffer.from(`${part} `).toString('base64url')
    else
      parts[index] = Buffer.from(part.map((byte, at) => (at === 9 ? byte ^ 1 : byte))).toString('base64url')
    expect(() => checkAssertion(parts.join('.'), context())).toThrow(
      expect.objectContaining({ code: 700027, message: expect.stringContaining('invalid signature') }),
    )
  })
  test('says which key it was held against, and no help that Entra does not give', () => {
    expect(() => check({ key: stranger.privateKey })).toThrow(
      expect.objectContaining({
        message: `Client assertion contains an invalid signature. [Reason - The provided signature value did not match the expected signature value., Thumbprint of key used by client: '${prints.sha1}', Found key 'Start=05/31/2026 12:00:00, End=07/01/2026 12:00:00']`,
      }),
    )
  })
})

describe('x5c', () => {
  const base64 = own.der.toString('base64')
  test.each<[string, unknown]>([
    ['the leaf', [base64]],
    ['the leaf and more', [base64, stranger.der.toString('base64')]],
    ['the leaf as text', base64],
    ['the leaf with line breaks', [base64.replace(/.{64}/g, '$&\r\n')]],
  ])('may have %s', (_, x5c) => passes({ header: { x5c } }))
  test.each<[string, unknown]>([
    ['nothing', []],
    ['another certificate first', [stranger.der.toString('base64'), base64]],
    [
      'the same key in another certificate',
      [new X509Certificate(certificateOver(own.privateKey)).raw.toString('base64')],
    ],
    ['a number', [7]],
    ['null', null],
    ['an object', {}],
    ['rubbish', ['rubbish']],
  ])('may not have %s', (_, x5c) => refuses(700027, { header: { x5c } }))
})

describe('the registered certificate', () => {
  const at = (from: number, until: number) => {
    const dated = identity(from, until)
    const app = { ...client, keyCredentials: [keyCredential(dated.pem)] }
    const header = { x5t: thumbprintsOf(dated.der).x5t }
    return () => check({ header, key: dated.privateKey }, { client: app })
  }
  test.each([
    ['is over', -30, -1],
    ['is over this second', -30, 0],
    ['has not begun', 1, 30],
  ])('that %s is refused as expired, as by Entra', (_, from, until) => {
    expect(at(from, until)).toThrow(
      expect.objectContaining({
        code: 700027,
        message: expect.stringMatching(
          /is expired on application\. \[Reason - The key used is expired\., Thumbprint of key used by client: '[0-9A-F]{40}', Found key 'Start=\d\d\/\d\d\/2026 12:00:00, End=\d\d\/\d\d\/2026 12:00:00', Please visit/,
        ),
      }),
    )
  })
  test('that begins this second passes', () => expect(at(0, 1)).not.toThrow())
  test('ends when the registration says so, before the certificate does', () => {
    const [credential] = [keyCredential(own.pem)]
    const ended = { ...credential, endDateTime: new Date(NOW.getTime() - 1000).toISOString() }
    refuses(700027, {}, { client: { ...client, keyCredentials: [ended] } })
  })
})

describe('the claims', () => {
  test.each(['iss', 'sub'])('%s may be in upper case, and must be the client', (claim) => {
    passes({ claims: { [claim]: client.appId.toUpperCase() } })
    for (const value of [client.id, '', undefined, null, 7, [client.appId]])
      refuses(700021, { claims: { [claim]: value } })
  })

  test.each([[TOKEN_ENDPOINT], [['https://x', TOKEN_ENDPOINT]]])('aud may be %j', (aud) =>
    passes({ claims: { aud } }),
  )
  test.each([
    [undefined],
    [null],
    [''],
    [[]],
    [`${TOKEN_ENDPOINT}/`],
    [TOKEN_ENDPOINT.toUpperCase()],
    [{}],
    [[[TOKEN_ENDPOINT]]],
  ])('aud may not be %j', (aud) => refuses(700023, { claims: { aud } }))

  test.each<[string, Record<string, unknown>]>([
    ['an end five minutes ago, less a second', { exp: SECONDS - 299 }],
    ['a start in five minutes', { nbf: SECONDS + 300 }],
    ['fractions', { nbf: SECONDS - 0.5, exp: SECONDS + 0.25 }],
    ['no start', { nbf: undefined }],
    ['a start in 1970', { nbf: 0 }],
    ['a time of issue that is no date, beside a start', { iat: 'x' }],
  ])('may have %s', (_, claims) => passes({ claims }))
  test.each<[string, Record<string, unknown>]>([
    ['an end five minutes ago', { exp: SECONDS - 300 }],
    ['a start in more than five minutes', { nbf: SECONDS + 301 }],
    ['no start, and a time of issue ahead', { nbf: undefined, iat: SECONDS + 301 }],
  ])('may not have %s', (_, claims) => refuses(700024, { claims }))
  test.each<[string, Record<string, unknown>]>([
    ['no end', { exp: undefined }],
    ['an end that is text', { exp: String(SECONDS + 600) }],
    ['an end before 1970', { exp: -1 }],
    ['an end after the year 9999', { exp: 253_402_300_800 }],
    ['a start that is text', { nbf: 'now' }],
    ['a start that is null', { nbf: null }],
    ['a start before 1970', { nbf: -1 }],
  ])('with %s are malformed', (_, claims) => refuses(50027, { claims }))

  test('outside of their dates say all three, to seven decimals', () => {
    expect(() => check({ claims: { nbf: SECONDS - 3600, exp: SECONDS - 3000 } })).toThrow(
      expect.objectContaining({
        message:
          'Client assertion is not within its valid time range. Current time: 2026-06-01T12:00:00.0000000Z, assertion valid from 2026-06-01T11:00:00.0000000Z, expiry time of assertion 2026-06-01T11:10:00.0000000Z. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .',
      }),
    )
  })
})

describe('a jti', () => {
  test('is not looked at, unless the tenant is strict', () => {
    passes({ claims: { jti: undefined } })
    passes({ claims: { jti: 7 } })
  })
  test('is taken once where it is', () => {
    const replays = createReplayGuard()
    passes({}, { replays })
    expect(() => check({}, { replays })).toThrow(expect.objectContaining({ status: 401, code: undefined }))
    passes({ claims: { jti: 'other' } }, { replays })
  })
  test.each([[undefined], [7], [null]])('must be there, and text: not %j', (jti) => {
    const replays = createReplayGuard()
    expect(() => check({ claims: { jti } }, { replays })).toThrow(/has no 'jti'/)
  })
  test('of an assertion that was refused is not used up', () => {
    const replays = createReplayGuard()
    refuses(700023, { claims: { aud: 'x' } }, { replays })
    passes({}, { replays })
  })
  test('is one for each client', () => {
    const replays = createReplayGuard()
    const other = { ...client, appId: '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10' }
    const clock = createClock(() => NOW)
    replays.assertNew({ jti: 'j' }, client, clock)
    replays.assertNew({ jti: 'j' }, other, clock)
    expect(() => replays.assertNew({ jti: 'j' }, other, clock)).toThrow()
  })
})
