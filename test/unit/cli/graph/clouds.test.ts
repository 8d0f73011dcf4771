import { describe, expect, it } from 'vitest'
import { cloudNamed, portalLink, portalOf } from '../../../../cli/graph/clouds.ts'
import { appError } from '../../../support/app-error.ts'

describe('a cloud', () => {
  it.each([
    ['public', 'https://login.microsoftonline.com', 'https://graph.microsoft.com/v1.0'],
    ['usgov', 'https://login.microsoftonline.us', 'https://graph.microsoft.us/v1.0'],
    ['usgov-dod', 'https://login.microsoftonline.us', 'https://dod-graph.microsoft.us/v1.0'],
    ['china', 'https://login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn/v1.0'],
  ])('%s has its sign-in and its Graph', (name, authorityHost, graphUrl) => {
    expect(cloudNamed(name)).toMatchObject({ authorityHost, graphUrl })
  })

  it('of any other kind is named by the address of its sign-in', () => {
    expect(cloudNamed('https://login.example/tenant')).toEqual({ authorityHost: 'https://login.example' })
  })

  it('that nobody named leaves the settings as they are', () => expect(cloudNamed(undefined)).toEqual({}))

  it.each(['', 'mars', '__proto__', 'toString'])('named %j does not exist', async (name) => {
    expect((await appError('usage', () => cloudNamed(name))).hint).toContain('public, usgov')
  })

  it('at http:// is refused', () => appError('insecure-url', () => cloudNamed('http://login.example')))
})

describe('the portal', () => {
  it('of a cloud is its own', () => {
    expect(portalOf('https://graph.microsoft.us/v1.0')).toBe('https://entra.microsoft.us')
    expect(portalOf('https://localhost:1/v1.0')).toBe('https://entra.microsoft.com')
  })

  it('shows an app by its client id', () => {
    expect(portalLink('https://graph.microsoft.com/v1.0', 'abc')).toMatch(
      /^https:\/\/entra\.microsoft\.com\/.+appId\/abc$/,
    )
  })
})
