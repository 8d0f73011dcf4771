import { describe, expect, it } from 'vitest'
import { derNumber, readDer, readDerChildren, readDerHeader } from '../../../core/der.ts'

const bytes = (...values: number[]) => Buffer.from(values)
const long = (length: number, ...lengthBytes: number[]) =>
  Buffer.concat([bytes(0x04, ...lengthBytes), Buffer.alloc(length)])

describe('readDer', () => {
  it.each([
    ['short', bytes(0x02, 0x01, 0x07), 3],
    ['one-byte', long(200, 0x81, 200), 203],
    ['two-byte', long(300, 0x82, 1, 44), 304],
  ])('reads a %s length', (_, der, size) => {
    expect(readDer(der)).toMatchObject({ tag: der[0], size })
  })

  it('leaves what comes after the element alone', () => {
    expect(readDer(bytes(0x04, 0x01, 0xaa, 0xbb))?.content).toEqual(bytes(0xaa))
  })

  it.each([
    ['nothing', bytes()],
    ['a tag alone', bytes(0x30)],
    ['a cut length', bytes(0x30, 0x82, 0x01)],
    ['a cut content', bytes(0x30, 0x05, 0x00)],
    ['the indefinite length', bytes(0x30, 0x80, 0, 0)],
    ['a length of five bytes', bytes(0x30, 0x85, 0, 0, 0, 0, 1, 0)],
    ['a tag of several bytes', bytes(0x1f, 0x81, 0x01, 0)],
  ])('reads none from %s', (_, der) => expect(readDer(der)).toBeUndefined())

  it('does not take a length above 2 GB for a negative one', () => {
    expect(readDerHeader(bytes(0x30, 0x84, 0xff, 0xff, 0xff, 0xff))).toMatchObject({
      length: 0xffffffff,
      complete: false,
    })
  })
})

describe('readDerChildren', () => {
  it('reads all elements in their order', () => {
    expect(readDerChildren(bytes(2, 1, 7, 4, 0, 0x30, 0))?.map(({ tag }) => tag)).toEqual([2, 4, 0x30])
  })
  it('reads none from no content', () => expect(readDerChildren(bytes())).toEqual([]))
  it('gives nothing at all where one is cut off', () =>
    expect(readDerChildren(bytes(2, 1, 7, 4, 9))).toBeUndefined())
})

describe('derNumber', () => {
  it.each([
    [bytes(2, 1, 0), 0],
    [bytes(2, 2, 8, 0), 2048],
    [bytes(2, 1, 0xff), -1],
    [bytes(2, 6, 1, 0, 0, 0, 0, 0), 2 ** 40],
  ])('reads %j', (der, value) => expect(derNumber(readDer(der))).toBe(value))
  it.each([bytes(2, 0), bytes(4, 1, 1), bytes(2, 7, 1, 0, 0, 0, 0, 0, 0)])('reads none from %j', (der) =>
    expect(derNumber(readDer(der))).toBeUndefined(),
  )
  it('reads none where there is no element', () => expect(derNumber(undefined)).toBeUndefined())
})
