import { describe, expect, it } from 'vitest'
import { fields, layOut } from '../../../cli/table.ts'
import { cutTo, displayWidth, wrap } from '../../../cli/text-width.ts'

describe('layOut', () => {
  it('makes each column as wide as its widest cell, with nothing after the last', () => {
    expect(
      layOut(
        [
          ['ID', 'TEXT'],
          ['1', 'a'],
          ['22', ''],
        ],
        80,
      ),
    ).toEqual(['ID  TEXT', '1   a', '22'])
  })

  it('cuts the widest column where the terminal is too narrow, and leaves the others', () => {
    const lines = layOut(
      [
        ['ID', 'TEXT'],
        ['12345', 'a text that is much too long'],
      ],
      20,
    )
    expect(lines).toEqual(['ID     TEXT', '12345  a text that …'])
  })

  it('cuts several columns where one is not enough', () => {
    for (const line of layOut([['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(10)]], 40)) {
      expect(displayWidth(line)).toBeLessThanOrEqual(40)
    }
  })

  it('measures wide characters as the terminal shows them', () => {
    const [first, second] = layOut(
      [
        ['日本語', 'x'],
        ['abcdef', 'x'],
      ],
      80,
    )
    expect(displayWidth(first?.replace(/x$/, '') ?? '')).toBe(displayWidth(second?.replace(/x$/, '') ?? ''))
  })

  it('never cuts a heading, nor a date', () => {
    const rows = [
      ['DESCRIPTION', 'REGISTERED UNTIL'],
      ['x'.repeat(30), '2026-11-25'],
    ]
    expect(layOut(rows, 30)).toEqual(['DESCRIPTION   REGISTERED UNTIL', `${'x'.repeat(11)}…  2026-11-25`])
  })

  it('never cuts what may not be cut, and leaves out what goes first before it cuts another', () => {
    const rows = [
      ['I', 'T', 'O'],
      ['i'.repeat(20), 't'.repeat(20), 'o'.repeat(20)],
    ]
    const cuts = ['never', undefined, 'first'] as const
    const at = (width: number) => layOut(rows, width, cuts)[1]
    expect(at(64)).toBe(`${'i'.repeat(20)}  ${'t'.repeat(20)}  ${'o'.repeat(20)}`)
    expect(at(63)).toBe(`${'i'.repeat(20)}  ${'t'.repeat(20)}`)
    expect(at(34)).toBe(`${'i'.repeat(20)}  ${'t'.repeat(11)}…`)
  })

  it('leaves out what can only be whole where the others would become too narrow, from the right', () => {
    const rows = [
      ['I', 'T', 'U', 'V'],
      ['i'.repeat(20), 't'.repeat(20), 'u'.repeat(9), 'v'.repeat(9)],
    ]
    const cuts = ['never', undefined, 'whole', 'whole'] as const
    const at = (width: number) => layOut(rows, width, cuts)[1]
    expect(at(56)).toBe(`${'i'.repeat(20)}  ttttttttttt…  uuuuuuuuu  vvvvvvvvv`)
    expect(at(55)).toBe(`${'i'.repeat(20)}  ${'t'.repeat(20)}  uuuuuuuuu`)
    expect(at(34)).toBe(`${'i'.repeat(20)}  ttttttttttt…`)
  })

  it('goes on below in a column of sentences, the others staying empty there', () => {
    const rows = [
      ['CHECK', 'DETAIL'],
      ['dates', 'valid until the end of the year'],
      ['chain', 'self-signed'],
    ]
    expect(layOut(rows, 24, [undefined, 'wrap'])).toEqual([
      'CHECK  DETAIL',
      'dates  valid until the',
      '       end of the year',
      'chain  self-signed',
    ])
  })

  it('makes a block of each row where no table fits, with all that it has', () => {
    const rows = [
      ['KEY ID', 'NAME', 'SHA-1'],
      ['i'.repeat(36), 'one', 'a'.repeat(40)],
      ['j'.repeat(36), '', 'b'.repeat(40)],
    ]
    expect(layOut(rows, 30, ['never', undefined, 'first'])).toEqual([
      `KEY ID  ${'i'.repeat(36)}`,
      'NAME    one',
      `SHA-1   ${'a'.repeat(40)}`,
      '',
      `KEY ID  ${'j'.repeat(36)}`,
      `SHA-1   ${'b'.repeat(40)}`,
    ])
  })

  it('gives nothing for no rows', () => {
    expect(layOut([], 80)).toEqual([])
  })
})

describe('fields', () => {
  it('go on below their beginning where the terminal is narrow', () => {
    const rows = [
      ['means', 'the certificate is not registered'],
      ['next', 'register it'],
    ] as const
    expect(fields(rows, 25)).toEqual([
      'means  the certificate is',
      '       not registered',
      'next   register it',
    ])
  })

  it('keep what has no blank whole, and an empty value its name', () => {
    const rows = [
      ['a', 'x'.repeat(50)],
      ['long name', ''],
    ] as const
    expect(fields(rows, 20)).toEqual([`a          ${'x'.repeat(50)}`, 'long name'])
  })
})

describe('wrap', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['a longerword b', 5, ['a', 'longerword', 'b']],
    ['日本 日本 日本', 9, ['日本 日本', '日本']],
    ['', 5, ['']],
    [
      'register it: todo-cli app credential add CERT (or in the portal)',
      20,
      ['register it:', 'todo-cli app credential add CERT', '(or in the portal)'],
    ],
    [
      'grant it (todo-cli config set a b), or az keyvault set-policy --name x; then wait',
      20,
      ['grant it', '(todo-cli config set a b),', 'or', 'az keyvault set-policy --name x;', 'then wait'],
    ],
  ])('breaks %j at %i cells, but never within a command', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines)
  })
})

describe('cutTo', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly', 7, 'exactly'],
    ['too long', 7, 'too lo…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3, '👩‍👩‍👧‍👦…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ])('cuts %j to %i cells', (text, width, cut) => {
    expect(cutTo(text, width)).toBe(cut)
    expect(displayWidth(cut)).toBeLessThanOrEqual(width)
  })
})

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['日本', 4],
    ['ｆｕｌｌ', 8],
    ['👍', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧‍👦', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['e\u0301', 1],
    ['ünï', 3],
    ['नमस्ते', 4],
    ['한글', 4],
    ['\u1112\u1161\u11ab', 2],
    ['1️⃣', 2],
    ['a\u0301\u0302\u0303', 1],
    ['zero\u200bwidth', 9],
    ['\u0301', 0],
    ['עברית', 5],
  ])('says of %j that it takes %i cells', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
})
