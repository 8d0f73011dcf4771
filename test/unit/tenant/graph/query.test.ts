import { describe, expect, test } from 'vitest'
import { readFilter, selection } from '../../../../tenant/graph/query.ts'

const ENTITY = {
  id: '1',
  appId: 'abc',
  displayName: "Alice's app and more",
  identifierUris: ['api://abc', 'https://x'],
}
const request = (query: string) =>
  ({ request: { query: new URLSearchParams(query) } }) as Parameters<typeof selection>[0]

describe('$filter', () => {
  test.each([
    "appId eq 'abc'",
    "appId eq 'ABC'",
    " appId  eq  'abc' ",
    "displayName eq 'Alice''s app and more'",
    "startswith(displayName,'alice')",
    "startswith(displayName, 'Alice''s')",
    "startsWith(displayName,'')",
    "identifierUris/any(x:x eq 'https://x')",
    "identifierUris/any(uri: uri eq 'API://ABC')",
    "appId eq 'abc' and startswith(displayName,'Alice')",
    "displayName eq 'Alice''s app and more' and id eq '1'",
  ])('%s fits', (filter) => {
    expect(readFilter(filter)(ENTITY)).toBe(true)
  })

  test.each([
    "appId eq 'ab'",
    "appId eq ''",
    "startswith(displayName,'Bob')",
    "identifierUris/any(x:x eq 'api://')",
    "displayName/any(x:x eq 'Alice')",
    "identifierUris eq 'api://abc'",
    "appId eq 'abc' and id eq '2'",
  ])('%s does not', (filter) => {
    expect(readFilter(filter)(ENTITY)).toBe(false)
  })

  test.each([
    'nonsense',
    'appId',
    "appId ne 'x'",
    'appId eq x',
    "appId eq 'a' or appId eq 'b'",
    "appId eq 'a",
    "not(appId eq 'a')",
    "identifierUris/any(x:y eq 'a')",
  ])('%s is refused', (filter) => {
    expect(() => readFilter(filter)).toThrow(expect.objectContaining({ status: 400 }))
  })

  test.each(["colour eq 'red'", "__proto__ eq 'x'", "constructor eq 'x'", "startswith(toString,'x')"])(
    '%s names no property',
    (filter) => {
      expect(() => readFilter(filter)(ENTITY)).toThrow(/Could not find a property/)
    },
  )

  test('fits all where it is absent', () => {
    expect(readFilter(null)(ENTITY)).toBe(true)
  })
})

describe('$select', () => {
  test.each([
    ['', undefined],
    ['$select=id', ['id']],
    ['$select=id, appId', ['id', 'appId']],
  ])('%j names %j', (query, members) => {
    expect(selection(request(query))).toEqual(members)
  })
})
