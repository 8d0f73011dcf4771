import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { normaliseThumbprint, type Thumbprints, thumbprintsOf } from '../../../core/thumbprints.ts'
import { certificateFor, rsaKeys } from '../../support/certificates.ts'
import { has, runTool } from '../../support/tools.ts'

let leaf: X509Certificate
let prints: Thumbprints
let pem: string
const folder = mkdtempSync(join(tmpdir(), 'thumbprints-'))
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  pem = certificateFor(await rsaKeys())
  leaf = new X509Certificate(pem)
  prints = thumbprintsOf(leaf.raw)
})

describe('thumbprintsOf', () => {
  it('gives the digests of RFC 7515 for known bytes', () => {
    expect(thumbprintsOf(Buffer.from('abc'))).toEqual({
      sha1: 'A9993E364706816ABA3E25717850C26C9CD0D89D',
      x5t: 'qZk-NkcGgWq6PiVxeFDCbJzQ2J0',
      sha256: 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD',
      'x5t#S256': 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
    })
  })

  it("agrees with Node's fingerprints", () => {
    expect(prints.sha1).toBe(leaf.fingerprint.replaceAll(':', ''))
    expect(prints.sha256).toBe(leaf.fingerprint256.replaceAll(':', ''))
  })

  it('gives one value in two spellings for each digest', () => {
    expect(Buffer.from(prints.x5t, 'base64url').toString('hex').toUpperCase()).toBe(prints.sha1)
    expect(Buffer.from(prints['x5t#S256'], 'base64url').toString('hex').toUpperCase()).toBe(prints.sha256)
  })

  it.runIf(has('openssl'))("agrees with openssl's fingerprints", () => {
    writeFileSync(join(folder, 'leaf.crt'), pem)
    const print = (digest: string) =>
      runTool('openssl', ['x509', '-in', 'leaf.crt', '-noout', '-fingerprint', `-${digest}`], folder)
    expect(print('sha1').trim().replaceAll(':', '')).toMatch(new RegExp(`=${prints.sha1}$`))
    expect(print('sha256').trim().replaceAll(':', '')).toMatch(new RegExp(`=${prints.sha256}$`))
  })
})

describe('normaliseThumbprint', () => {
  const spelled: [how: string, of: (prints: Thumbprints) => string][] = [
    ['upper case', ({ sha1 }) => sha1],
    ['lower case', ({ sha1 }) => sha1.toLowerCase()],
    ['colons', ({ sha1 }) => (sha1.match(/../g) ?? []).join(':')],
    ['spaces, as Windows shows it', ({ sha1 }) => (sha1.match(/../g) ?? []).join(' ')],
    ['the invisible mark that Windows copies along', ({ sha1 }) => `\u200e${sha1}`],
    ['a line break', ({ sha1 }) => `${sha1}\r\n`],
    ['base64url', ({ x5t }) => x5t],
    ['base64url with padding', ({ x5t }) => `${x5t}=`],
    ['base64url between blanks', ({ x5t }) => ` ${x5t}\r\n`],
    ['base64', ({ sha1 }) => Buffer.from(sha1, 'hex').toString('base64')],
  ]
  it.each(spelled)('reads SHA-1 with %s', (_, of) =>
    expect(normaliseThumbprint(of(prints))).toBe(prints.sha1),
  )

  it('reads SHA-256 in hexadecimal and base64url', () => {
    expect(normaliseThumbprint(prints.sha256.toLowerCase())).toBe(prints.sha256)
    expect(normaliseThumbprint(prints['x5t#S256'])).toBe(prints.sha256)
  })

  it('reads base64 with the characters that base64url has not', () => {
    const digest = createHash('sha1').update('7').digest()
    for (const spelling of [Buffer.alloc(20, 0xff), digest])
      expect(normaliseThumbprint(spelling.toString('base64'))).toBe(spelling.toString('hex').toUpperCase())
  })

  it.each([
    '',
    'zz',
    'A'.repeat(39),
    'A'.repeat(41),
    '0'.repeat(128),
    'not a thumbprint',
    '::::',
    '🔑'.repeat(20),
  ])('reads none in %j', (text) => expect(normaliseThumbprint(text)).toBeUndefined())

  it.each([
    ['a character before it that base64 has not', ({ x5t }: Thumbprints) => `!${x5t}`],
    ['one after it', ({ x5t }: Thumbprints) => `${x5t}!`],
    ['one within', ({ x5t }: Thumbprints) => `${x5t.slice(0, 9)} ${x5t.slice(9)}`],
    ['a hexadecimal digit too many', ({ sha1 }: Thumbprints) => `${sha1}0`],
  ])('reads none with %s', (_, of) => expect(normaliseThumbprint(of(prints))).toBeUndefined())
})
