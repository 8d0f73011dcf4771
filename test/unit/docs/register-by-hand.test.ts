/** docs/register-by-hand.md names what the program and the API go by, and leaves nothing out that `app create` does. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newApi, newDaemon, newLogin } from '../../../cli/registration/wanted.ts'
import { SETTINGS } from '../../../cli/settings.ts'
import { READ, WRITE } from '../../../core/permissions.ts'
import { PEOPLES_COMMANDS } from '../../support/commands.ts'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const page = read('docs/register-by-hand.md')
const ids = { appId: 'api', roleIds: ['role'], scopeIds: ['scope'] }

describe('docs/register-by-hand.md', () => {
  test('names every permission, as app create names it', () => {
    const { api, appRoles = [] } = newApi('todo-cli-api')
    for (const value of [...READ.roles, ...READ.scopes, ...WRITE.roles, ...WRITE.scopes])
      expect(page).toContain(`\`${value}\``)
    for (const { value, description } of appRoles) expect(page).toContain(`\`${value}\` ("${description}")`)
    for (const { value, adminConsentDisplayName } of api?.oauth2PermissionScopes ?? [])
      expect(page).toContain(`\`${value}\` ("${adminConsentDisplayName}")`)
  })

  /** What app create sets, by the words of the portal. */
  const STEPS: Readonly<Record<string, RegExp>> = {
    displayName: /Name `todo-cli-api`/,
    signInAudience: /Accounts in this organizational directory only/,
    api: /`api\.requestedAccessTokenVersion` to `2`/,
    appRoles: /App roles > Create app role/,
    optionalClaims: /Token configuration > Add optional claim/,
    requiredResourceAccess: /API permissions > Add a permission/,
    isFallbackPublicClient: /Allow public client flows: Yes/,
  }
  test('has a step for each member that app create sets', () => {
    const made = [newApi('x'), newDaemon('x', ids), newLogin('x', ids)]
    const members = new Set(made.flatMap((body) => Object.keys(body)))
    // By its tag the program knows what it made, and what it did not.
    members.delete('tags')
    expect([...members].toSorted()).toEqual(Object.keys(STEPS).toSorted())
    for (const step of Object.values(STEPS)) expect(page).toMatch(step)
    for (const step of [
      /Application ID URI/,
      /Grant admin consent/,
      /Owners > Add owners/,
      /Upload certificate/,
    ])
      expect(page).toMatch(step)
  })

  test('sets settings and variables that there are', () => {
    const keys = [...page.matchAll(/config set (\w+) /g)].map(([, key]) => key)
    expect(keys.length).toBeGreaterThan(4)
    for (const key of keys) expect(SETTINGS.map((each) => each.key).concat('certificateFile')).toContain(key)
    const help = read('api/help.ts')
    for (const [name] of page.matchAll(/\bTODO_API_[A-Z_]+|DATABASE_URL\b/g)) expect(help).toContain(name)
  })

  test('types commands that there are', () => {
    const typed = [...page.matchAll(/todo-cli ((?:[a-z]+ ?)+)/g)].map(([, words = '']) => words.trim())
    for (const words of typed)
      expect(
        PEOPLES_COMMANDS.some((known) => words === known || words.startsWith(`${known} `)),
        words,
      ).toBe(true)
  })
})
