import { describe, expect, it } from 'vitest'
import { inWords, judgeToken } from '../../../cli/token-judgement.ts'

const API = '11111111-1111-4111-8111-111111111111'
const NOW = new Date('2026-01-02T03:04:05Z')
const SECONDS = NOW.getTime() / 1000
const APP = {
  aud: API,
  ver: '2.0',
  azp: 'daemon',
  oid: 'o',
  sub: 'o',
  idtyp: 'app',
  iat: SECONDS - 300,
  exp: SECONDS + 3600,
  roles: ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'],
}
const USER = {
  ...APP,
  idtyp: 'user',
  sub: 'pairwise',
  roles: undefined,
  scp: 'ToDoList.ReadWrite',
  name: 'Ada',
}

/** The judgement as a person reads it. */
function read(claims: Record<string, unknown>, scope = `api://${API}/.default`): string {
  const { lines, missing } = judgeToken(claims, { scope, now: NOW })
  return [...lines.map((line) => line.join(': ')), ...missing.map(({ what }) => `missing: ${what}`)].join(
    '\n',
  )
}

describe('the judgement of a token', () => {
  it('says for whom it speaks, how long it lives and what it may do', () => {
    expect(read(APP)).toBe(`speaks for: the app daemon, without a user
lifetime: 1 hour 5 minutes in all, 1 hour left
may: read the todos of every owner (ToDoList.Read.All, ToDoList.ReadWrite.All)
may: add, change and remove the todos of every owner (ToDoList.ReadWrite.All)`)
  })

  it("says that a user's token reaches the user's own todos", () => {
    expect(read(USER)).toContain("may: read the user's own todos (ToDoList.ReadWrite)")
    expect(read(USER)).toContain('speaks for: the user Ada, through the app daemon')
  })

  it.each([
    [
      'a role',
      { ...APP, roles: ['ToDoList.Read.All'] },
      'missing: to add, change and remove: one of ToDoList.ReadWrite.All',
    ],
    [
      'both roles',
      { ...APP, roles: [] },
      'missing: to read: one of ToDoList.Read.All, ToDoList.ReadWrite.All',
    ],
    [
      'a scope',
      { ...USER, scp: 'ToDoList.Read' },
      'missing: to add, change and remove: one of ToDoList.ReadWrite',
    ],
    [
      'roles and scopes',
      { ...APP, idtyp: undefined, oid: 'x', roles: [] },
      'missing: neither app roles (roles) nor scopes (scp)',
    ],
    ['the audience', { ...APP, aud: 'api://other' }, 'missing: the token is for api://other, not for api://'],
    ['an audience', { ...APP, aud: undefined }, 'missing: the token is for undefined'],
    ['version 2.0', { ...APP, ver: '1.0', aud: `api://${API}` }, 'missing: it is a v1.0 token'],
  ])('says that %s is missing', (_, claims, missing) => {
    expect(read(claims)).toContain(missing)
  })

  it('takes the audience as a GUID and as an application ID URI', () => {
    expect(read({ ...APP, aud: `api://${API}` })).not.toContain('missing')
    expect(
      read({ ...APP, aud: 'https://api.example.com' }, 'https://api.example.com/.default'),
    ).not.toContain('missing')
  })

  it("does not count a user's app role as a permission", () => {
    const { missing } = judgeToken(
      { ...USER, scp: '', roles: ['ToDoList.ReadWrite.All'] },
      { scope: `api://${API}/.default`, now: NOW },
    )
    expect(missing.map(({ what }) => what)).toEqual([
      'to read: one of ToDoList.Read, ToDoList.ReadWrite',
      'to add, change and remove: one of ToDoList.ReadWrite',
    ])
  })

  it.each([
    ['has ended', { ...APP, exp: SECONDS - 120 }, 'lifetime: 3 minutes in all, ended 2 minutes ago'],
    ['has no end', { ...APP, exp: undefined }, 'lifetime: it has no end, so the API refuses it'],
    ['has no start', { ...APP, iat: undefined }, 'lifetime: 1 hour left'],
    [
      'has a role of another API',
      { ...APP, roles: [...APP.roles, 'Other.Do'] },
      'also has: Other.Do: unknown to the todo API',
    ],
    ['has no client id', { ...APP, azp: undefined }, 'speaks for: the app without a client id'],
    ['is of v1.0', { ...APP, azp: undefined, appid: 'old' }, 'speaks for: the app old'],
  ])('of a token that %s says so', (_, claims, text) => {
    expect(read(claims)).toContain(text)
  })

  it.each([[APP], [USER], [{ ...APP, roles: [] }]])('has a next step for all that is missing', (claims) => {
    for (const { next } of judgeToken(claims, { scope: 'x/.default', now: NOW }).missing)
      expect(next).toMatch(/^(check|assign|let|set) /)
  })
})

describe('seconds in words', () => {
  it.each([
    [-1, '0 seconds'],
    [1, '1 second'],
    [59.4, '59 seconds'],
    [60, '1 minute'],
    [3599, '1 hour'],
    [5400, '1 hour 30 minutes'],
    [86_400, '24 hours'],
    [86_400 * 3, '3 days'],
  ])('%d are %s', (seconds, words) => {
    expect(inWords(seconds)).toBe(words)
  })
})
