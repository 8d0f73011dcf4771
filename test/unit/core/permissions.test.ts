import { describe, expect, it } from 'vitest'
import {
  type Actor,
  actorOf,
  type Claims,
  grants,
  READ,
  rolesOf,
  scopesOf,
  WRITE,
} from '../../../core/permissions.ts'

const app = (roles: unknown, more: Claims = {}): Claims => ({ oid: 'o1', sub: 'o1', roles, ...more })
const user = (scp: unknown, more: Claims = {}): Claims => ({ oid: 'o1', sub: 's1', scp, ...more })

describe('actorOf', () => {
  const cases: [what: string, claims: Claims, actor: Actor][] = [
    ['idtyp app', { idtyp: 'app' }, 'app'],
    ['idtyp user', { idtyp: 'user' }, 'user'],
    ['idtyp app with scp, which Entra never gives', { idtyp: 'app', scp: 'ToDoList.Read' }, 'neither'],
    ['idtyp app with an empty scp', { idtyp: 'app', scp: '' }, 'app'],
    ['an unknown idtyp', { idtyp: 'device', oid: 'a', sub: 'a' }, 'neither'],
    ['an idtyp that is no text', { idtyp: ['app'], oid: 'a', sub: 'a' }, 'neither'],
    ['scp', user('ToDoList.Read'), 'user'],
    ['scp and oid = sub', { scp: 'a', oid: 'o', sub: 'o' }, 'user'],
    ['no scp, oid = sub', app([]), 'app'],
    ['an empty scp, oid = sub', { scp: '', oid: 'o', sub: 'o' }, 'neither'],
    ['an scp that is no text, oid = sub', { scp: ['a'], oid: 'o', sub: 'o' }, 'neither'],
    ['an scp of null, oid = sub', { scp: null, oid: 'o', sub: 'o' }, 'neither'],
    ['no scp, oid other than sub', { oid: 'a', sub: 'b', roles: ['ToDoList.Read.All'] }, 'neither'],
    ['roles alone', { roles: ['ToDoList.ReadWrite.All'] }, 'neither'],
    ['empty oid and sub', { oid: '', sub: '' }, 'neither'],
    ['oid and sub that are no text', { oid: 1, sub: 1 }, 'neither'],
    ['nothing', {}, 'neither'],
  ]
  it.each(cases)('with %s', (_, claims, actor) => expect(actorOf(claims)).toBe(actor))
})

describe('scopesOf and rolesOf', () => {
  it.each([
    ['a b', ['a', 'b']],
    ['  a  b ', ['a', 'b']],
    ['', []],
    [['a'], []],
    [undefined, []],
  ])('reads the scopes of %j', (scp, scopes) => expect(scopesOf({ scp })).toEqual(scopes))
  it.each([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [['a', 1, null], ['a']],
    ['a', []],
    [{ 0: 'a' }, []],
    [undefined, []],
  ])('reads the roles of %j', (roles, found) => expect(rolesOf({ roles })).toEqual(found))
})

describe('grants', () => {
  const cases: [what: string, claims: Claims, read: boolean, write: boolean][] = [
    ['an app with Read.All', app(['ToDoList.Read.All']), true, false],
    ['an app with ReadWrite.All', app(['ToDoList.ReadWrite.All']), true, true],
    ['an app without roles', app(undefined), false, false],
    ['an app with a role of another API', app(['Mail.ReadWrite']), false, false],
    ['an app with a role in another letter case', app(['todolist.readwrite.all']), false, false],
    ['an app whose role is a delegated scope', app(['ToDoList.ReadWrite']), false, false],
    ['a user with ToDoList.Read', user('ToDoList.Read'), true, false],
    ['a user with ToDoList.ReadWrite', user('openid ToDoList.ReadWrite'), true, true],
    ['a user whose scope is an app role', user('ToDoList.ReadWrite.All'), false, false],
    [
      'a user with an app role beside a weak scope',
      user('openid', { roles: ['ToDoList.ReadWrite.All'] }),
      false,
      false,
    ],
    ['a token that is neither', { roles: ['ToDoList.ReadWrite.All'], oid: 'a', sub: 'b' }, false, false],
    ['an app with a scope, which no app has', { idtyp: 'app', scp: 'ToDoList.ReadWrite' }, false, false],
    ['a device with a scope', { idtyp: 'device', scp: 'ToDoList.ReadWrite' }, false, false],
  ]
  it.each(cases)('to %s', (_, claims, read, write) => {
    expect([grants(claims, READ), grants(claims, WRITE)]).toEqual([read, write])
  })

  it('lets whoever may write also read', () => {
    for (const scope of WRITE.scopes) expect(READ.scopes).toContain(scope)
    for (const role of WRITE.roles) expect(READ.roles).toContain(role)
  })
})
