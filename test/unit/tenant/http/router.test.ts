import { describe, expect, test } from 'vitest'
import { match, normalisePath, route } from '../../../../tenant/http/router.ts'

const handler = () => ({ status: 200 })
const ROUTES = [
  route('GET', '/certificates', handler),
  route('GET', '/certificates/:name', handler),
  route('PATCH', '/certificates/:name', handler),
  route('GET', '/certificates/:name/pending', handler),
  route('POST', '/keys/:name/sign', handler),
  route('GET', "/v1.0/applications(appId=':appId')", handler),
  route('POST', "/v1.0/applications(appId=':appId')/owners/$ref", handler),
  route('GET', '/v1.0/[myorganization/]me', handler),
  route('GET', '/:tenant/v2.0/.well-known/openid-configuration', handler),
]

describe('a route', () => {
  test.each([
    ['/certificates', {}],
    ['/certificates/daemon', { name: 'daemon' }],
    ['/CERTIFICATES/Daemon', { name: 'Daemon' }],
    ['/certificates/daemon/pending', { name: 'daemon' }],
    ["/v1.0/applications(appId='a-b')", { appId: 'a-b' }],
    ['/t/v2.0/.well-known/openid-configuration', { tenant: 't' }],
    ['/v1.0/me', {}],
    ['/v1.0/myorganization/me', {}],
  ])('matches %s', (path, params) => {
    const hit = match(ROUTES, 'GET', path)
    expect(hit).toMatchObject({ found: 'handler', params })
  })

  test.each([
    '/certificate',
    '/certificates/a/b',
    '/certificates/a/pending/merge',
    '/x/certificates',
    "/v1.0/applications(appId='')",
    "/v1.0/applications(appId='a'b')",
    '/v1x0/applications',
    '/v1.0/myorganization',
    '/v1.0/myorganization/myorganization/me',
    '/v1.0/[myorganization/]me',
    '/t/v2.0/xwell-known/openid-configuration',
    '/t/u/v2.0/.well-known/openid-configuration',
  ])('does not match %s', (path) => {
    expect(match(ROUTES, 'GET', path)).toEqual({ found: 'nothing' })
  })

  test('of another method names those that there are', () => {
    expect(match(ROUTES, 'DELETE', '/certificates/x')).toEqual({
      found: 'other-method',
      allow: ['GET', 'PATCH'],
    })
  })

  test('takes a $ for itself, not for an end', () => {
    const hit = match(ROUTES, 'POST', "/v1.0/applications(appId='a')/owners/$ref")
    expect(hit.found).toBe('handler')
  })

  test('gives parameters that have no prototype tricks', () => {
    const hit = match([route('GET', '/:name', handler)], 'GET', '/__proto__')
    expect(hit).toMatchObject({ params: { name: '__proto__' } })
    expect(Object.getPrototypeOf(hit)).toBe(Object.prototype)
  })
})

describe('a path', () => {
  test.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b'],
    ['//a///b//', '/a/b'],
    ['/keys/k//sign', '/keys/k/sign'],
    ['/a%20b', '/a b'],
    ['/applications(appId%3D%27x%27)', "/applications(appId='x')"],
  ])('%s is %s', (raw, normal) => {
    expect(normalisePath(raw)).toBe(normal)
  })

  test.each(['/%', '/%zz', '/%ff', '/a%E0%A4%A'])('%s can not be read', (raw) => {
    expect(normalisePath(raw)).toBeUndefined()
  })
})
