import { describe, expect, it } from 'vitest'
import { readPemBlocks, scanPem, toPem } from '../../../core/pem.ts'

const der = Buffer.from(Array.from({ length: 100 }, (_, index) => index))
const pem = toPem('CERTIFICATE', der)
const scan = (text: string) => scanPem(Buffer.from(text))

describe('toPem', () => {
  it('writes lines of 64 characters and ends with a line break', () => {
    expect(pem.split('\n').map((line) => line.length)).toEqual([27, 64, 64, 8, 25, 0])
  })

  it('is read again as the same bytes', () => expect(readPemBlocks(Buffer.from(pem))[0]?.der).toEqual(der))
})

describe('a block is found as the same block', () => {
  const spellings: [how: string, bytes: Buffer | string][] = [
    ['LF', pem],
    ['CRLF', pem.replaceAll('\n', '\r\n')],
    ['CR, of an old Mac', pem.replaceAll('\n', '\r')],
    ['mixed line ends', pem.replace('\n', '\r\n')],
    ['a UTF-8 byte order mark', `\ufeff${pem}`],
    ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ['a byte before it that begins a UTF-16 mark, and no more', Buffer.from(`\xff\n${pem}`, 'latin1')],
    ['text before and after', `Bag Attributes\n  friendlyName: x\n${pem}\nmore text — with Ünicode`],
    ['indented lines, as in YAML', pem.replaceAll('\n', '\n    ')],
    ['spaces in the place of line breaks', pem.replaceAll('\n', ' ')],
    ['backslash-n in the place of line breaks', pem.replaceAll('\n', '\\n')],
    ['blank lines inside', pem.replaceAll('\n', '\n\n')],
    ['trailing spaces', pem.replaceAll('\n', '  \n')],
    ['no line break at its end', pem.trimEnd()],
    [
      'lines of 76 characters',
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{76}/g, '$&\n')}\n-----END CERTIFICATE-----`,
    ],
  ]
  it.each(spellings)('with %s', (_, bytes) => {
    expect(scanPem(Buffer.from(bytes))).toEqual({
      blocks: [{ label: 'CERTIFICATE', pem, der, legacyEncrypted: false }],
      truncated: false,
    })
  })

  it('in a view over a larger buffer', () => {
    const large = Buffer.from(`xx${pem}yy`)
    expect(readPemBlocks(large.subarray(2, -2))).toHaveLength(1)
  })
})

describe('several blocks', () => {
  it('come in their order, whatever their labels', () => {
    const text = pem + toPem('RSA PRIVATE KEY', der) + toPem('EC PARAMETERS', der)
    expect(scan(text).blocks.map(({ label }) => label)).toEqual([
      'CERTIFICATE',
      'RSA PRIVATE KEY',
      'EC PARAMETERS',
    ])
  })

  it('may touch each other', () => expect(scan(pem.trimEnd() + pem).blocks).toHaveLength(2))
})

describe('a legacy encrypted block', () => {
  const body = der.toString('base64')
  const headers = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233\n'
  const text = `-----BEGIN RSA PRIVATE KEY-----\n${headers}\n${body}\n-----END RSA PRIVATE KEY-----\n`

  it.each([
    ['LF', text],
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['blank lines before them', text.replace('\n', '\n\n \n')],
  ])('keeps its headers with %s', (_, spelled) => {
    const [block] = scan(spelled).blocks
    expect(block).toMatchObject({ legacyEncrypted: true, der })
    expect(block?.pem).toContain(`${headers}\n`)
  })

  it('is not guessed from the word in the text around', () => {
    expect(scan(`Proc-Type: 4,ENCRYPTED\n${pem}`).blocks[0]?.legacyEncrypted).toBe(false)
  })
})

describe('a damaged block', () => {
  const damaged: [how: string, text: string][] = [
    ['a character that is no base64', pem.replace('AAEC', 'AA*C')],
    ['a character too few', pem.replace('AAEC', 'AAE')],
    ['padding in the middle', pem.replace('AAEC', 'AA==')],
    ['nothing inside', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['an END of another label', pem.replace('END CERTIFICATE', 'END PRIVATE KEY')],
  ]
  it.each(damaged)('with %s has no bytes', (_, text) => {
    expect(scan(text)).toMatchObject({ blocks: [{ label: 'CERTIFICATE', der: undefined }], truncated: false })
  })
})

describe('a file that was cut off', () => {
  it('is told wherever the cut is, from the end of the BEGIN line to the last dash', () => {
    for (let length = '-----BEGIN CERTIFICATE-----'.length; length < pem.trimEnd().length; length += 1)
      expect([length, scan(pem.slice(0, length)).truncated]).toEqual([length, true])
  })

  it('still gives the blocks before the cut', () => {
    expect(scan(pem + pem.slice(0, 60))).toMatchObject({ blocks: [{ der }], truncated: true })
  })

  it('is told where the next block begins before the last one ended', () => {
    expect(scan(pem.slice(0, 60) + pem).truncated).toBe(true)
  })
})

describe('what is no PEM', () => {
  it.each([
    '',
    '\n',
    'text',
    '-----BEGIN',
    '-----BEGIN -----',
    '-----BEGIN lower case-----\nAA==\n',
    '-----END CERTIFICATE-----',
  ])('gives no block for %j', (text) => expect(scan(text).blocks).toEqual([]))

  it('takes time in proportion to its length, however many blocks begin and never end', () => {
    for (const part of [
      '-----BEGIN A-----\n',
      '-----BEGIN A-----\n-----',
      '-----BEGIN ',
      '-----BEGIN A-----\na:b\n',
    ])
      expect(scan(part.repeat(60_000)).blocks.every(({ der }) => der === undefined)).toBe(true)
  })
})
