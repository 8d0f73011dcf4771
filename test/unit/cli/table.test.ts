import { describe, expect, it } from 'vitest'
import { cutTo, displayWidth, layOut } from '../../../cli/table.ts'

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

  it('never makes a column narrower than eight cells, however narrow the terminal', () => {
    expect(layOut([['a'.repeat(20), 'b'.repeat(20)]], 5)).toEqual(['aaaaaaa…  bbbbbbb…'])
  })

  it('never cuts what may not be cut, and cuts first what can go first', () => {
    const row = ['i'.repeat(20), 't'.repeat(20), 'o'.repeat(20)]
    const cuts = ['never', undefined, 'first'] as const
    expect(layOut([row], 60, cuts)).toEqual([`${'i'.repeat(20)}  ${'t'.repeat(20)}  ${'o'.repeat(15)}…`])
    expect(layOut([row], 45, cuts)).toEqual([`${'i'.repeat(20)}  ${'t'.repeat(12)}…  ooooooo…`])
  })

  it('leaves out what goes first where even its least does not fit', () => {
    const row = ['i'.repeat(20), 't'.repeat(20), 'o'.repeat(20)]
    const cuts = ['never', undefined, 'first'] as const
    expect(layOut([row], 34, cuts)).toEqual([`${'i'.repeat(20)}  ${'t'.repeat(11)}…`])
    expect(layOut([row], 10, cuts)).toEqual([`${'i'.repeat(20)}  ttttttt…`])
  })

  it('then leaves out what can only be whole', () => {
    const row = ['i'.repeat(20), 't'.repeat(20), 'o'.repeat(20), 'u'.repeat(9)]
    const cuts = ['never', undefined, 'first', 'whole'] as const
    expect(layOut([row], 40, cuts)).toEqual([`${'i'.repeat(20)}  ttttttt…  uuuuuuu…`])
    expect(layOut([row], 34, cuts)).toEqual([`${'i'.repeat(20)}  ${'t'.repeat(11)}…`])
  })

  it('gives nothing for no rows', () => {
    expect(layOut([], 80)).toEqual([])
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
    ['עברית', 5],
  ])('says of %j that it takes %i cells', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })
})
