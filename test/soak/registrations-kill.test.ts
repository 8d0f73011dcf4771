/**
 * The process is killed before and after every write and every request of `app create` and `cert rotate`, as they are found by
 * running each once under instrumentation (test/support/kill-at.cjs). Then it is run again: the end state is always the same,
 * and a token can be had at every moment.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../api/server.ts'
import { startTestApi } from '../support/api.ts'
import { type ChildResult, runChild, TODO_CLI } from '../support/child.ts'
import { type Registrations, startRegistrations } from '../support/registrations.ts'

const KILL_AT = join(import.meta.dirname, '../support/kill-at.cjs')

let at: Awaited<ReturnType<typeof startRegistrations>>
let api: Api

beforeAll(async () => {
  at = await startRegistrations()
})
afterAll(async () => {
  await api?.close()
  await at.close()
})

/** Runs the built program, killed at one of its steps; 0 writes down what the steps are. */
function killedAt(argv: readonly string[], step: number, when: string): Promise<ChildResult> {
  const { PATH = '' } = process.env
  const env = { PATH, ...at.env, KILL_AT: String(step), KILL_WHEN: when, KILL_LOG: join(at.folder, 'steps') }
  return runChild(process.execPath, ['--require', KILL_AT, TODO_CLI, ...argv], { cwd: at.folder, env })
}

async function stepsOf(argv: readonly string[]): Promise<number> {
  await rm(join(at.folder, 'steps'), { force: true })
  const { exitCode, stderr } = await killedAt(argv, 0, 'never')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  return (await readFile(join(at.folder, 'steps'), 'utf8')).trim().split('\n').length
}

/** What a stopped run leaves beside its files, and no run ever reads. */
const filesIn = async (folder: string) =>
  (await readdir(folder)).filter((each) => !each.endsWith('.tmp')).toSorted()

const named = async ({ graph }: Registrations, displayName: string) =>
  (await graph(`/applications?$filter=${encodeURIComponent(`displayName eq '${displayName}'`)}`)).body.value

function createFlags(name: string, how: 'cert' | 'secret'): string[] {
  const file = (ending: string) => join(at.folder, name, ending)
  const credential =
    how === 'cert' ? ['--certificate', file('c.pem')] : ['--secret', '--secret-file', file('s')]
  const names = ['--api-name', `${name}-api`, '--client-name', name, '--api-env', file('env')]
  return ['app', 'create', ...names, ...credential, '--wait', '5s']
}

describe.each(['cert', 'secret'] as const)('app create with a %s', (how) => {
  test.each(['before', 'after'])(
    'killed %s every step ends as if it was not',
    { timeout: 900_000 },
    async (when) => {
      const name = `${how}-${when}`
      await mkdir(join(at.folder, name))
      const steps = await stepsOf(createFlags(name, how))
      const files = await filesIn(join(at.folder, name))
      expect(steps).toBeGreaterThan(20)
      let killed = 0
      for (let step = 1; step <= steps; step += 1) {
        const each = `${name}-${step}`
        await mkdir(join(at.folder, each))
        const flags = createFlags(each, how)
        const { signal } = await killedAt(flags, step, when)
        if (signal === 'SIGKILL') killed += 1
        await at.json(flags)
        expect((await at.json(flags)).changes, `step ${step}`).toEqual([])
        for (const app of [each, `${each}-api`]) expect(await named(at, app), `step ${step}`).toHaveLength(1)
        const [{ keyCredentials, passwordCredentials }] = await named(at, each)
        expect(keyCredentials.length + passwordCredentials.length, `step ${step}`).toBe(1)
        expect(await filesIn(join(at.folder, each)), `step ${step}`).toEqual(files)
      }
      expect(killed).toBeGreaterThan(steps * 0.9)
    },
  )
})

describe.each([
  ['file', []],
  ['file', ['--proof']],
  ['vault', []],
] as const)('cert rotate of a %s %o', (where, more) => {
  test.each(['before', 'after'])(
    'killed %s every step ends as if it was not',
    { timeout: 900_000 },
    async (when) => {
      const name = `rotate-${where}-${more.length}-${when}`
      await mkdir(join(at.folder, name))
      const certificate = where === 'file' ? join(at.folder, name, 'c.pem') : `vault:${name}`
      if (where === 'vault') await at.json(['cert', 'create', name, '--vault', at.tenant.vaultUrl])
      const env = join(at.folder, name, 'env')
      const flags = ['--api-name', 'kill-api', '--client-name', name, '--api-env', env, '--wait', '0']
      const { api: app, client } = await at.json(['app', 'create', ...flags, '--certificate', certificate])
      const { tenantId, authority, caPem } = at.tenant
      api ??= await startTestApi({ tenantId, authority, caPem, clientId: app.clientId })
      const endpoint = ['--api-endpoint', api.url]
      const rotate = [
        'cert',
        'rotate',
        '--profile',
        name,
        '--overlap',
        '0d',
        '--wait',
        '5s',
        ...endpoint,
        ...more,
      ]
      const signsIn = async () => (await at.cli(['token', 'show', '--profile', name, '--no-cache'])).exitCode
      const steps = await stepsOf(rotate)
      const files = await filesIn(join(at.folder, name))
      expect(steps).toBeGreaterThan(20)
      let killed = 0
      for (let step = 1; step <= steps; step += 1) {
        const before = await fingerprint(certificate)
        const { signal } = await killedAt(rotate, step, when)
        if (signal === 'SIGKILL') killed += 1
        expect(await signsIn(), `a token after step ${step}`).toBe(0)
        // Where it was killed at its very end there is nothing to go on with, and a new rotation is as good.
        // Where it was killed after the old key was removed by proof, the next run warns that it is gone already.
        const again = await at.cli([...rotate, '--json'])
        expect(again, `step ${step}`).toMatchObject({
          exitCode: 0,
          stderr: expect.stringMatching(/^(warning: the app has no key .*\n)?$/),
        })
        expect(await signsIn(), `a token in the end, step ${step}`).toBe(0)
        const { body } = await at.graph(`/applications/${client.objectId}`)
        expect(body.keyCredentials, `step ${step}`).toHaveLength(1)
        const after = await fingerprint(certificate)
        expect([after !== before, body.keyCredentials[0].customKeyIdentifier], `step ${step}`).toEqual([
          true,
          after,
        ])
        if (where === 'file') expect(await filesIn(join(at.folder, name)), `step ${step}`).toEqual(files)
      }
      expect(killed).toBeGreaterThan(steps * 0.9)
    },
  )
})

const fingerprint = async (certificate: string): Promise<string> =>
  (await at.json(['cert', 'thumbprint', certificate])).sha1

test('two rotations at once: one rotates, the other one is refused or waits for nothing', async () => {
  const name = 'twice'
  await mkdir(join(at.folder, name))
  const env = join(at.folder, name, 'env')
  const certificate = join(at.folder, name, 'c.pem')
  const flags = ['--api-name', 'kill-api', '--client-name', name, '--api-env', env, '--wait', '0']
  const { client } = await at.json(['app', 'create', ...flags, '--certificate', certificate])
  await writeFile(join(at.folder, 'steps'), '')
  const rotate = ['cert', 'rotate', '--profile', name, '--wait', '5s', '--api-endpoint', api.url]
  const ended = await Promise.all([1, 2, 3].map(() => killedAt(rotate, 1e9, 'never')))
  expect(ended.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1)
  for (const { exitCode, stderr } of ended.filter(({ exitCode }) => exitCode !== 0)) {
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/another run|in its overlap/),
    })
  }
  expect((await at.graph(`/applications/${client.objectId}`)).body.keyCredentials).toHaveLength(2)
})
