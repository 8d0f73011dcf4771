import { describe, expect, test } from 'vitest'
import { readFilter } from '../../../../tenant/graph/filter.ts'
import { selection } from '../../../../tenant/graph/query.ts'

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
    "appId eq 'a' or appId eq 'abc'",
    "appId eq 'a' and id eq '2' or id eq '1'",
    "(displayName eq 'x' or startswith(displayName,'alice'))",
    "(appId eq 'a' or appId eq 'abc') and (id eq '1')",
    "((id eq '1'))",
    "displayName eq ' or ' or id eq '1'",
    "appId in ('x', 'ABC')",
    "appId in ('abc')",
    "identifierUris/any(x:x eq 'https://x') OR id eq '2'",
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
    "appId eq 'a' or appId eq 'b'",
    "(appId eq 'a' or appId eq 'abc') and id eq '2'",
    "appId eq 'a or appId eq abc'",
    "appId in ('x','y')",
  ])('%s does not', (filter) => {
    expect(readFilter(filter)(ENTITY)).toBe(false)
  })

  test.each([
    'nonsense',
    'appId',
    "appId ne 'x'",
    'appId eq x',
    "appId eq 'a",
    "not(appId eq 'a')",
    "identifierUris/any(x:y eq 'a')",
    "appId eq 'a' or",
    "(appId eq 'a'",
    "appId eq 'a')",
    "(appId eq 'a') or (appId ne 'b')",
    "appId eq 'a' or appId",
    'appId in ()',
    "appId in ('a'",
    '()',
    '',
  ])('%s is refused', (filter) => {
    expect(() => readFilter(filter)).toThrow(expect.objectContaining({ status: 400 }))
  })

  test.each([
    ["appId ne 'x'", 'Request_UnsupportedQuery'],
    ["NOT startswith(appId,'x')", 'Request_UnsupportedQuery'],
    ["endsWith(appId,'x')", 'Request_UnsupportedQuery'],
    ["contains(appId,'x')", 'Request_UnsupportedQuery'],
    ["createdDateTime ge '2026'", 'Request_UnsupportedQuery'],
    ["appId nearly 'x'", 'Request_BadRequest'],
    ['appId isnot', 'Request_BadRequest'],
    ['notable eq x', 'Request_BadRequest'],
    ["displaycontains(appId,'x')", 'Request_BadRequest'],
    ['appId', 'Request_BadRequest'],
  ])('%s is refused as what Graph has and the tenant does not, or as nothing: %s', (filter, code) => {
    expect(() => readFilter(filter)).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    "colour eq 'red'",
    "id eq '1' or colour eq 'red'",
    "colour in ('red')",
    "__proto__ eq 'x'",
    "constructor eq 'x'",
    "startswith(toString,'x')",
  ])('%s names no property', (filter) => {
    expect(() => readFilter(filter)(ENTITY)).toThrow(/Could not find a property/)
  })

  test.each([
    [10, true],
    [11, false],
    [9000, false],
  ])('may lie in %i pairs of parentheses: %j', (pairs, may) => {
    const read = () => readFilter(`${'('.repeat(pairs)}id eq '1'${')'.repeat(pairs)}`)(ENTITY)
    if (may) expect(read()).toBe(true)
    else expect(read).toThrow(expect.objectContaining({ status: 400 }))
  })

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
