import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cnOf, formatDistinguishedName, parseDistinguishedName } from '../../../core/distinguished-name.ts'
import { AppError } from '../../../core/errors.ts'
import { appError } from '../../support/app-error.ts'

const parse = (text: string) => parseDistinguishedName(text).map(({ type, value }) => [type, value])

describe('parseDistinguishedName', () => {
  const good: [text: string, attributes: string[][]][] = [
    ['CN=daemon', [['CN', 'daemon']]],
    [
      'CN=daemon,O=Contoso,C=DE',
      [
        ['C', 'DE'],
        ['O', 'Contoso'],
        ['CN', 'daemon'],
      ],
    ],
    [
      ' cn = daemon , o = Contoso ',
      [
        ['O', 'Contoso'],
        ['CN', 'daemon'],
      ],
    ],
    ['O=Contoso\\, Ltd', [['O', 'Contoso, Ltd']]],
    [
      'O="Contoso, Ltd",CN="x=y"',
      [
        ['CN', 'x=y'],
        ['O', 'Contoso, Ltd'],
      ],
    ],
    [
      'O="a" , CN=b',
      [
        ['CN', 'b'],
        ['O', 'a'],
      ],
    ],
    ['CN="say \\"hi\\""', [['CN', 'say "hi"']]],
    ['CN="say ""hi"""', [['CN', 'say "hi"']]],
    [
      'O="a" ,CN=b',
      [
        ['CN', 'b'],
        ['O', 'a'],
      ],
    ],
    ['CN=a=b', [['CN', 'a=b']]],
    ['2.999.10=a', [['2.999.10', 'a']]],
    ['CN=R\\+D \\<x\\> \\; \\\\ \\#', [['CN', 'R+D <x> ; \\ #']]],
    ['CN=\\#1', [['CN', '#1']]],
    ['CN=a#1', [['CN', 'a#1']]],
    ['CN=\\ a b\\ ', [['CN', ' a b ']]],
    ['CN=" a "', [['CN', ' a ']]],
    ['CN=Lu\\C4\\8Di\\C4\\87', [['CN', 'Lučić']]],
    ['CN=Lučić 🔑', [['CN', 'Lučić 🔑']]],
    [
      'E=ops@example.com,S=Bayern',
      [
        ['ST', 'Bayern'],
        ['emailAddress', 'ops@example.com'],
      ],
    ],
    [
      'UID=jsmith,DC=example,DC=net',
      [
        ['DC', 'net'],
        ['DC', 'example'],
        ['UID', 'jsmith'],
      ],
    ],
    ['1.3.6.1.4.1.311.60.2.1.3=DE', [['1.3.6.1.4.1.311.60.2.1.3', 'DE']]],
  ]
  it.each(good)('reads %s', (text, attributes) => expect(parse(text)).toEqual(attributes))

  it.each([
    ['', 'no name'],
    ['daemon', 'no attribute'],
    ['CN', 'CN has no value'],
    ['CN=', 'no value'],
    ['CN=" "x', 'goes on'],
    ['CN=""', 'no value'],
    ['CN=a,', 'no name'],
    [',CN=a', 'no attribute'],
    ['CN=a,,O=b', 'no attribute'],
    ['=a', 'no name'],
    ['XX=a', 'no attribute'],
    ['constructor=a', 'no attribute'],
    ['1.02.3=a', 'no attribute'],
    ['1=a', 'no attribute'],
    ['3.1=a', 'no attribute'],
    ['x1.2.3=a', 'no attribute'],
    ['1.2.3x=a', 'no attribute'],
    [`1.${'9'.repeat(19)}=a`, 'no attribute'],
    [`1${'.1'.repeat(21)}=a`, 'no attribute'],
    ['/C=DE/CN=a', 'no attribute'],
    ['CN=a+O=b', '+'],
    ['CN=a;O=b', ';'],
    ['CN=a<b', '<'],
    ['CN=#0403', '#'],
    ['CN="a', 'closing'],
    ['CN=a"b"', 'backslash'],
    ['CN=a\\', 'backslash'],
    ['CN=a\\z', 'backslash'],
    ['CN=\\ff', 'UTF-8'],
    ['CN=a\\00b', 'control'],
    ['CN=\\EF\\BB\\BFa', 'control'],
    ['CN=\ufeffa', 'control'],
    ['CN=a\nb', 'control'],
    ['C=de', 'two capital'],
    ['C=DEU', 'more than 2'],
    [`CN=${'a'.repeat(65)}`, 'more than 64'],
    ['DC=münchen', 'ASCII'],
    ['serialNumber=a*b', 'plain letters'],
  ])('refuses %j and says why', async (text, why) => {
    const { message, hint } = await appError('setting-invalid', () => parse(text))
    expect(message).toContain(why)
    expect(hint).toContain('CN=')
  })

  it('counts characters, not UTF-16 units', () => expect(parse(`CN=${'🔑'.repeat(64)}`)).toHaveLength(1))
})

describe('formatDistinguishedName', () => {
  it('writes the most specific attribute first', () => {
    const attributes = [
      { type: 'C', value: 'DE' },
      { type: 'O', value: 'Contoso, Ltd' },
      { type: 'CN', value: 'daemon' },
    ]
    expect(formatDistinguishedName(attributes)).toBe('CN=daemon,O=Contoso\\, Ltd,C=DE')
  })

  it.each([
    'plain',
    ' ',
    '  ',
    ' a ',
    '#a',
    'a#',
    'a,b',
    '"',
    '\\',
    '\\ ',
    'a+b;c<d>e=f',
    'ü🔑',
    '\\2C',
    '"quoted"',
    'a\u00a0',
  ])('writes %j so that it is read again', (value) => {
    const attributes = [{ type: 'CN', value }]
    expect(parseDistinguishedName(formatDistinguishedName(attributes))).toEqual(attributes)
  })
})

it('what is formatted is read again, whatever the values are', () => {
  const type = fc.constantFrom('CN', 'O', 'OU', 'L', 'ST', 'STREET', '1.2.3.4')
  const printable = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  const special = fc.string({
    unit: fc.constantFrom(' ', '#', '+', ',', ';', '<', '=', '>', '"', '\\', 'a'),
    minLength: 1,
    maxLength: 20,
  })
  const allowed = (text: string) => [...text].length <= 64 && !/[\p{Cc}\ufeff]/u.test(text)
  const value = fc.oneof(printable, special).filter(allowed)
  fc.assert(
    fc.property(fc.array(fc.record({ type, value }), { minLength: 1, maxLength: 4 }), (attributes) => {
      expect(parseDistinguishedName(formatDistinguishedName(attributes))).toEqual(attributes)
    }),
    { numRuns: 500 },
  )
})

it('any text is read, or refused with an error of ours', () => {
  const text = fc.string({
    unit: fc.constantFrom('CN', 'O', '=', ',', '\\', '"', ' ', '#', '+', 'ü', '0', 'f'),
    maxLength: 12,
  })
  fc.assert(
    fc.property(text, (name) => {
      try {
        expect(parseDistinguishedName(name).length).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 500 },
  )
})

describe('cnOf', () => {
  it('gives the most specific common name', () => {
    expect(cnOf(parseDistinguishedName('CN=daemon,O=Contoso'))).toBe('daemon')
    expect(cnOf(parseDistinguishedName('CN=inner,CN=outer'))).toBe('inner')
  })
  it('gives none where there is none', () =>
    expect(cnOf(parseDistinguishedName('O=Contoso'))).toBeUndefined())
})
