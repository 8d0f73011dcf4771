import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { prepareStateDir, tenantFiles, writeTenantFiles } from '../../../tenant/files.ts'
import type { TenantRecord } from '../../../tenant/seed/seed.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

const RECORD = {
  client: { appId: 'a', secret: 'the secret', certificatePem: 'the certificate' },
  operator: { appId: 'b', certificatePem: 'the operator' },
  ca: { caPem: 'the CA', caKeyPem: 'hidden', leafKeyPem: 'hidden' },
  adminToken: 'the token',
} as TenantRecord

describe('a state folder', () => {
  test('is made 0700, and narrowed where it was wider', async () => {
    const made = join(folder, 'a', 'b')
    await prepareStateDir(made)
    expect((await stat(made)).mode & 0o777).toBe(0o700)
    const wide = join(folder, 'wide')
    await mkdir(wide, { mode: 0o755 })
    await prepareStateDir(wide)
    expect((await stat(wide)).mode & 0o777).toBe(0o700)
  })

  test.each(['client-secret', 'client.pem', 'operator.pem', 'ca.pem', 'admin-token'])(
    'with %s, but no database, is half-written',
    async (name) => {
      await writeFile(join(folder, name), 'x')
      await expect(prepareStateDir(folder)).rejects.toMatchObject({
        code: 'local-state-invalid',
        message: expect.stringContaining('tenant.db is missing'),
      })
    },
  )

  test.each([0, 99])('with secrets and a database of %i bytes is half-written', async (length) => {
    await writeFile(join(folder, 'admin-token'), 'x')
    await writeFile(join(folder, 'tenant.db'), Buffer.alloc(length))
    await expect(prepareStateDir(folder)).rejects.toMatchObject({
      code: 'local-state-invalid',
      message: expect.stringContaining('missing or empty'),
    })
  })

  test('with secrets and a database that has a whole header is taken', async () => {
    await writeFile(join(folder, 'admin-token'), 'x')
    await writeFile(join(folder, 'tenant.db'), Buffer.alloc(100))
    expect(await prepareStateDir(folder)).toBe(join(folder, 'tenant.db'))
  })

  test('may hold files of others', async () => {
    await writeFile(join(folder, 'todos.sqlite'), 'x')
    expect(await prepareStateDir(folder)).toBe(join(folder, 'tenant.db'))
  })

  test('that is a file is an error with a hint', async () => {
    await writeFile(join(folder, 'file'), 'x')
    await expect(prepareStateDir(join(folder, 'file'))).rejects.toMatchObject({ code: 'output-unwritable' })
  })
})

describe('the files', () => {
  test('are 0600, and hold what they are named for', async () => {
    const files = await writeTenantFiles(folder, RECORD)
    expect(files).toEqual(tenantFiles(folder))
    for (const path of Object.values(files)) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(files.clientSecret, 'utf8')).toBe('the secret')
    expect(await readFile(files.adminToken, 'utf8')).toBe('the token')
  })

  test('replace what was there, however wide that was, and leave nothing beside', async () => {
    await writeFile(join(folder, 'client-secret'), 'old', { mode: 0o644 })
    await writeTenantFiles(folder, RECORD)
    expect((await stat(join(folder, 'client-secret'))).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toHaveLength(5)
  })

  test('never hold the key of the CA', async () => {
    await writeTenantFiles(folder, RECORD)
    const contents = await Promise.all(
      (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
    )
    expect(contents.join()).not.toContain('hidden')
  })
})
