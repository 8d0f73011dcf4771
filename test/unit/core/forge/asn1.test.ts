/** What is read out of a file is what was asked for, or an error: nothing of another kind passes for it. */
import { describe, expect, it } from 'vitest'
import {
  type Asn1,
  childrenOf,
  encode,
  explicit,
  explicitOf,
  implicitOctets,
  integer,
  isInteger,
  isSequence,
  isTagged,
  nothing,
  numberOf,
  octets,
  octetsOf,
  oid,
  oidOf,
  parse,
  sequence,
  set,
} from '../../../../core/forge/asn1.ts'

const hex = (text: string) => parse(Buffer.from(text, 'hex'))

describe('parse', () => {
  const bytes = Buffer.concat([encode(sequence(integer(7))), Buffer.from('\r\n')])

  it('reads the first element, whatever follows', () => {
    expect(childrenOf(parse(bytes)).map(numberOf)).toEqual([7])
  })

  it('refuses what follows where the element has to be the whole', () => {
    expect(() => parse(bytes, { whole: true })).toThrow()
    expect(numberOf(childrenOf(parse(bytes.subarray(0, -2), { whole: true }))[0])).toBe(7)
  })

  it.each(['', '30', '3005020107', '0201'])('refuses %j, which is cut', (text) => {
    expect(() => hex(text)).toThrow()
  })
})

describe('what is of another kind is refused:', () => {
  const absent: Asn1 | undefined = undefined
  it.each<[string, () => unknown]>([
    ['the children of nothing', () => childrenOf(absent)],
    ['the children of an INTEGER', () => childrenOf(integer(1))],
    ['the OID of nothing', () => oidOf(absent)],
    ['the OID of an OCTET STRING', () => oidOf(octets(Buffer.from([42, 3])))],
    ['the OID of a constructed element with its tag', () => oidOf(hex('260302012a'))],
    ['the number of nothing', () => numberOf(absent)],
    ['the number of an OCTET STRING', () => numberOf(octets(Buffer.from([7])))],
    ['the number of a constructed element with its tag', () => numberOf(hex('2203020107'))],
    ['the number of an empty INTEGER', () => numberOf(hex('0200'))],
    ['the number of an INTEGER of seven bytes', () => numberOf(hex('020701000000000000'))],
    ['the number of a negative INTEGER', () => numberOf(hex('0201ff'))],
    ['the bytes of nothing', () => octetsOf(absent)],
    ['the content of a tag that is not there', () => explicitOf(absent, 0)],
    ['the content of another tag', () => explicitOf(explicit(1, integer(1)), 0)],
    ['the content of a SEQUENCE', () => explicitOf(sequence(integer(1)), 0)],
    ['the content of a tag without any', () => explicitOf(hex('a000'), 0)],
    ['the content of a tag around bytes', () => explicitOf(implicitOctets(0, Buffer.from([1])), 0)],
  ])('%s', (_, read) => expect(read).toThrow())
})

it('a number has up to six bytes', () => {
  expect([hex('020100'), hex('020206ff'), hex('02067fffffffffff')].map(numberOf)).toEqual([
    0,
    1791,
    2 ** 47 - 1,
  ])
})

it('bytes in pieces are put together, and pieces of pieces', () => {
  expect(octetsOf(hex('240b0401aa24040402bbcc0400')).toString('hex')).toBe('aabbcc')
})

it('a context tag is told from a universal one of the same number', () => {
  expect(
    [implicitOctets(0, Buffer.alloc(1)), explicit(0, nothing())].map((node) => isTagged(node, 0)),
  ).toEqual([true, true])
  const others = [undefined, explicit(1, nothing()), octets(Buffer.alloc(1)), hex('400100')]
  expect(others.map((node) => isTagged(node, 0))).toEqual([false, false, false, false])
  expect(isTagged(integer(1), 2)).toBe(false)
})

it('a SEQUENCE is told from all else, and an INTEGER', () => {
  const all = [sequence(), set(), integer(1), octets(Buffer.alloc(0)), oid('1.2.3'), undefined]
  expect(all.map(isSequence)).toEqual([true, false, false, false, false, false])
  expect(all.map(isInteger)).toEqual([false, false, true, false, false, false])
  // The numbers of a SEQUENCE and an INTEGER under a context tag.
  expect([isSequence(hex('b000')), isInteger(hex('820101'))]).toEqual([false, false])
})
