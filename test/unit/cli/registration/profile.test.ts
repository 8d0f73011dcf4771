import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readProfiles } from '../../../../cli/profiles.ts'
import {
  authorityFor,
  forgetProfiles,
  profileDiffers,
  saveProfile,
  takenAlong,
  variableIn,
  variablesWith,
} from '../../../../cli/registration/profile.ts'
import { resolveSettings, SETTINGS } from '../../../../cli/settings.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'profile-'))
})
afterAll(() => rm(folder, { recursive: true }))

const ID = '11111111-2222-4333-8444-555555555555'

describe('the authority of a tenant', () => {
  const domains = [{ name: 'mail.contoso.com' }, { name: 'contoso.onmicrosoft.com', isInitial: true }]

  it.each<[string, string | null, string]>([
    ['an external tenant', 'CIAM', `https://contoso.ciamlogin.com/${ID}`],
    ['a workforce tenant', 'AAD', `https://login.microsoftonline.us/${ID}`],
    ['a tenant that does not say', null, `https://login.microsoftonline.us/${ID}`],
  ])('is right for %s', (_, tenantType, expected) => {
    const organization = { id: ID, displayName: 'Contoso', tenantType, verifiedDomains: domains }
    expect(authorityFor(organization, 'https://login.microsoftonline.us/some-tenant')).toBe(expected)
  })
})

it('the authority of a workforce tenant is not the host of an external one', () => {
  const host = 'https://fabrikam.ciamlogin.com/x'
  const organization = { id: ID, displayName: 'Contoso' }
  expect(authorityFor({ ...organization, tenantType: 'AAD' }, host)).toBe(
    `https://login.microsoftonline.com/${ID}`,
  )
  expect(authorityFor(organization, host)).toBe(`https://fabrikam.ciamlogin.com/${ID}`)
})

describe('what a new profile takes along', () => {
  const specs = [...SETTINGS, ...VAULT_SETTINGS]
  const profile = {
    name: 'local',
    named: false,
    values: { vaultAuth: 'certificate', graphUrl: 'https://localhost:1/v1.0' },
  }
  const settings = resolveSettings(specs, {
    flags: { keyVaultUrl: 'https://v.vault.azure.net' },
    env: {},
    profile,
  })

  it('is how the tenant is reached, and no default', () => {
    const { graphUrl, vaultAuth } = profile.values
    expect(takenAlong(settings, false)).toEqual({
      graphUrl,
      vaultAuth,
      keyVaultUrl: 'https://v.vault.azure.net',
    })
  })

  it('is in another cloud only what was given for this run', () => {
    expect(takenAlong(settings, true)).toEqual({ keyVaultUrl: 'https://v.vault.azure.net' })
  })
})

describe('the file of variables', () => {
  it('keeps order and lines of others', async () => {
    const path = join(folder, 'a.env')
    await writeFile(path, '# mine\nA=1\nB=2\n')
    expect(await variablesWith(path, { B: '3', C: '4' })).toBe('# mine\nA=1\nB=3\nC=4\n')
  })

  it('is not written where it says all this already', async () => {
    const path = join(folder, 'b.env')
    expect(await variablesWith(path, { A: '1' })).toBe('A=1\n')
    await writeFile(path, 'A=1\n')
    expect(await variablesWith(path, { A: '1' })).toBeUndefined()
  })

  it('quotes a path with a space, as Node.js reads it', async () => {
    const data = await variablesWith(join(folder, 'c.env'), { A: '/a b/c' })
    expect(parseEnv(data ?? '')).toEqual({ A: '/a b/c' })
  })

  it('tells one of its variables', async () => {
    const path = join(folder, 'd.env')
    await writeFile(path, `TODO_API_CLIENT_ID=${ID}\n`)
    expect(await variableIn(path, 'TODO_API_CLIENT_ID')).toBe(ID)
    expect(await variableIn(path, 'OTHER')).toBeUndefined()
    expect(await variableIn(join(folder, 'nowhere'), 'OTHER')).toBeUndefined()
  })
})

describe('the profile of a registration', () => {
  const path = () => join(folder, 'profiles.json')

  it('is current where no other is, and keeps settings of its own', async () => {
    expect(await profileDiffers(path(), 'one', { clientId: ID })).toBe(true)
    await saveProfile(path(), 'one', { clientId: ID })
    await saveProfile(path(), 'two', { clientId: 'x' })
    await saveProfile(path(), 'one', { scopes: 's' })
    expect(await readProfiles(path())).toEqual({
      current: 'one',
      profiles: { one: { clientId: ID, scopes: 's' }, two: { clientId: 'x' } },
    })
    expect(await profileDiffers(path(), 'one', { clientId: ID })).toBe(false)
    expect(await profileDiffers(path(), 'one', { clientId: 'y' })).toBe(true)
  })

  it('is forgotten by its client id, and is then no longer current', async () => {
    expect(await forgetProfiles(path(), ID)).toEqual(['one'])
    expect(await readProfiles(path())).toEqual({ profiles: { two: { clientId: 'x' } } })
    expect(await forgetProfiles(path(), ID)).toEqual([])
  })
})
