/** The whole path, as a user types it: from a tenant with none of it to a running daemon, a renewal, and back. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { startApiProcess } from '../support/api-process.ts'
import { runChild, TODO_CLI } from '../support/child.ts'
import { withRegistrations } from '../support/registrations.ts'

const at = withRegistrations()

async function todoCli(...argv: readonly string[]): Promise<string> {
  const { PATH = '' } = process.env
  const env = { PATH, ...at().env }
  const { exitCode, stdout, stderr } = await runChild(process.execPath, [TODO_CLI, ...argv], {
    cwd: at().folder,
    env,
  })
  expect({ argv, exitCode, stderr }).toMatchObject({ exitCode: 0 })
  return stdout
}

/** All that a directory has, but for what the run itself does not change. */
const directory = async () => {
  const paths = ['/applications', '/servicePrincipals', '/oauth2PermissionGrants']
  const lists = await Promise.all(paths.map((path) => at().graph(path)))
  return lists.map(({ body }) => body.value)
}

test('from nothing to a daemon, through a renewal, and back to nothing', { timeout: 120_000 }, async () => {
  const [before, filesBefore] = [await directory(), await readdir(at().folder)]
  const variables = join(at().folder, 'todo-api.env')

  const made = JSON.parse(await todoCli('app', 'create', '--json'))
  expect(made.variablesFile).toBe(variables)
  // The port that the profile names may be taken on this machine.
  await writeFile(variables, `${await readFile(variables, 'utf8')}TODO_API_PORT=0\n`)
  const api = startApiProcess({
    ...(parseEnv(await readFile(variables, 'utf8')) as Record<string, string>),
    DATABASE_URL: 'sqlite::memory:',
  })
  await todoCli('config', 'set', 'apiEndpoint', (await api.url()).replace('127.0.0.1', 'localhost'))

  await todoCli(
    'todos',
    'add',
    'Water plants',
    '--owner',
    '11111111-2222-4333-8444-555555555555',
    '--auth',
    'cert',
  )
  expect(await todoCli('todos', 'list', '--auth', 'cert')).toContain('Water plants')

  const rotated = JSON.parse(await todoCli('cert', 'rotate', '--json'))
  expect(rotated.thumbprint).not.toBe(made.thumbprint)
  expect(await todoCli('todos', 'list', '--auth', 'cert')).toContain('Water plants')
  await todoCli('cert', 'rotate', '--finish')
  expect(JSON.parse(await todoCli('app', 'credential', 'list', '--json'))).toMatchObject([
    { thumbprint: rotated.thumbprint },
  ])
  expect(await todoCli('todos', 'list', '--auth', 'cert', '--no-cache')).toContain('Water plants')

  await todoCli('app', 'remove', '--yes')
  api.child.kill('SIGTERM')
  expect(await api.ended).toBe(0)
  await todoCli('cert', 'remove', join('certs', 'todo-cli-daemon.pem'), '--yes')

  expect(await directory()).toEqual(before)
  const left = (await readdir(at().folder)).filter((each) => !filesBefore.includes(each))
  expect(left.toSorted()).toEqual(['certs', 'home'])
  expect((await readdir(join(at().folder, 'certs'))).toSorted()).toEqual(['.gitignore'])
  expect(JSON.parse(await readFile(join(at().folder, 'home', 'profiles.json'), 'utf8'))).toEqual({
    profiles: {},
  })
  expect(await readdir(join(at().folder, 'home', 'journals'))).toEqual(['registrations.lock'])
})
