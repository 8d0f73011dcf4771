import { expect, test } from 'vitest'
import { entityTag, holdsWithoutTag, matchesNone, readIfMatch } from '../../../api/entity-tag.ts'

test('a tag is the version in quotes', () => {
  expect(entityTag(7)).toBe('"7"')
})

test.each([
  [undefined, undefined],
  ['*', undefined],
  [' * ', undefined],
  ['"1"', [1]],
  ['"1", "22" ,"333"', [1, 22, 333]],
  ['W/"1"', []],
  ['"1", W/"2"', [1]],
  ['"abc"', []],
  ['"01"', []],
  ['"1.0"', []],
  ['"-1"', []],
  ['""', []],
  ['"1",', [1]],
  [', ,"1" , ,\t"2",,', [1, 2]],
  ['"a,b", "3"', [3]],
  ['"1,2"', []],
  ['"é\u00ff"', []],
  [`"${'9'.repeat(30)}"`, []],
])('If-Match: %s gives the versions %j', (header, versions) => {
  expect(readIfMatch(header)).toEqual(versions)
})

test.each([
  '',
  '1',
  "'1'",
  '"1',
  '1"',
  '"1" "2"',
  ',',
  ' , ,',
  'w/"1"',
  'W/ "1"',
  '"1"\n,"2"',
  '"a b"',
  '*, "1"',
  '"a"b"',
])('If-Match: %s is no list of tags', (header) => {
  expect(() => readIfMatch(header)).toThrow(expect.objectContaining({ code: 'invalid_request', status: 400 }))
})

test.each([
  [undefined, false],
  ['*', true],
  ['"7"', true],
  ['W/"7"', true],
  ['"1", W/"7"', true],
  ['"1,7"', false],
  [',"7",', true],
  ['"8"', false],
  ['"77"', false],
  ['""', false],
])('If-None-Match: %s, for version 7: %s', (header, matches) => {
  expect(matchesNone(header, 7)).toBe(matches)
})

test.each([
  [{}, true],
  [{ 'if-match': '*' }, true],
  [{ 'if-none-match': '"1"' }, true],
  [{ 'if-none-match': ' * ' }, false],
  [{ 'if-match': '*', 'if-none-match': '*' }, false],
])('what has no tag, under the conditions %j: %s', (headers, holds) => {
  expect(holdsWithoutTag(headers)).toBe(holds)
})

test.each([
  [{ 'if-match': '"1"' }, 'precondition_failed'],
  [{ 'if-match': 'W/"1"' }, 'precondition_failed'],
  [{ 'if-match': '"1"', 'if-none-match': '*' }, 'precondition_failed'],
  [{ 'if-match': '1' }, 'invalid_request'],
])('what has no tag is refused under the conditions %j: %s', (headers, code) => {
  expect(() => holdsWithoutTag(headers)).toThrow(expect.objectContaining({ code }))
})
