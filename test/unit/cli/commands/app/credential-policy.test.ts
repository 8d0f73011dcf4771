/** A tenant whose policy limits how long credentials of apps may live. */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi } from '../../../../support/api.ts'
import { ALL_ROLES, withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let count = 0
let name = ''
// biome-ignore lint/suspicious/noExplicitAny: what app create answers
let made: any

const limit = (days: number | undefined) =>
  at().graph('/policies/defaultAppManagementPolicy', 'PATCH', {
    isEnabled: days !== undefined,
    applicationRestrictions: {
      passwordCredentials: [{ restrictionType: 'passwordLifetime', maxLifetime: `P${days ?? 1}D` }],
      keyCredentials: [{ restrictionType: 'asymmetricKeyLifetime', maxLifetime: `P${days ?? 1}DT0H` }],
    },
  })
const folder = () => join(at().folder, name)
const registered = async (): Promise<string[]> =>
  (await at().graph(`/applications/${made.client.objectId}`)).body.keyCredentials.map(
    (each: Record<string, string>) => each.customKeyIdentifier,
  )
const create = (more: readonly string[] = ['--certificate', join(folder(), 'c.pem')]) => [
  ...['app', 'create', '--api-name', 'policy-api', '--client-name', name],
  ...['--api-env', join(folder(), 'env'), '--wait', '0', ...more],
]

beforeEach(async () => {
  count += 1
  name = `policy-${count}`
  await mkdir(folder())
  made = await at().json(create())
})
afterEach(async () => {
  at().permit(...ALL_ROLES)
  await limit(undefined)
})

describe('app credential add', () => {
  test('says the limit, and the command that keeps it', async () => {
    await at().json(['cert', 'create', 'next', '--out', folder()])
    const before = await registered()
    await limit(90)
    const add = ['app', 'credential', 'add', join(folder(), 'next.crt'), '--profile', name]
    const { exitCode, stderr } = await at().cli(add)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error: the tenant's policy lets a certificate live 90 days at most/)
    expect(stderr).toMatch(/\nhint: .*todo-cli cert create NAME --days 90/)
    expect(await registered()).toEqual(before)
    await at().json(['cert', 'create', 'next', '--out', folder(), '--days', '90', '--force'])
    expect((await at().cli(add)).exitCode).toBe(0)
    expect(await registered()).toHaveLength(2)
  })

  test('says it without the number where the policy may not be read', async () => {
    await at().json(['cert', 'create', 'next', '--out', folder()])
    await limit(90)
    at().permit('Application.ReadWrite.All')
    const add = ['app', 'credential', 'add', join(folder(), 'next.crt'), '--profile', name]
    const { exitCode, stderr } = await at().cli(add)
    expect(exitCode).toBe(1)
    expect(stderr).toContain("the tenant's policy limits how long a credential may live")
    at().permit(...ALL_ROLES)
  })
})

test('app create --secret says the limit, and keeps no half of a secret', async () => {
  await limit(30)
  const secret = join(folder(), 'secret')
  const { exitCode, stderr } = await at().cli(create(['--secret', '--secret-file', secret]))
  expect(exitCode).toBe(1)
  expect(stderr).toContain('policy lets a secret live 30 days at most')
  expect(await readdir(folder())).not.toContain('secret')
  await limit(undefined)
  expect((await at().cli(create(['--secret', '--secret-file', secret]))).exitCode).toBe(0)
  const { body } = await at().graph(`/applications/${made.client.objectId}`)
  expect(body.passwordCredentials).toHaveLength(1)
})

describe('cert rotate', () => {
  const rotate = (...more: string[]) => ['cert', 'rotate', '--profile', name, '--wait', '5s', ...more]

  test('takes back a certificate that lives longer than it may, and makes a shorter one with --days', async () => {
    const before = await registered()
    await limit(90)
    for (let time = 0; time < 2; time += 1) {
      const { exitCode, stderr } = await at().cli(rotate())
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(/taken back: the tenant's policy lets a certificate live 90 days at most/)
      expect(stderr).toContain('todo-cli cert rotate --days 90')
      expect((await readdir(folder())).toSorted()).toEqual(['c.crt', 'c.pem', 'env'])
      expect(await registered()).toEqual(before)
    }
    const { tenantId, authority, caPem } = at().tenant
    const api = await startTestApi({ tenantId, authority, caPem, clientId: made.api.clientId })
    try {
      const flags = ['--days', '90', '--overlap', '0d', '--api-endpoint', api.url]
      const { notAfter, thumbprint } = await at().json(rotate(...flags))
      expect(Math.round((Date.parse(notAfter) - Date.now()) / 86_400_000)).toBe(90)
      expect(await registered()).toEqual([thumbprint])
    } finally {
      await api.close()
    }
  })

  test.each(['0', '-1', 'x', '1.5', '3651'])('refuses --days %s', async (days) => {
    const { exitCode, stderr } = await at().cli(rotate('--days', days))
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--days') })
  })
})
