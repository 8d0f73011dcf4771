import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, ROOT, runChild, type Sandbox } from '../support/child.ts'

let sandbox: Sandbox
let installed: string
let packed: readonly string[]

/** npm, with an empty HOME and no way to a registry: the tarball has to be enough. */
const npm = (cwd: string, ...argv: string[]) =>
  runChild('npm', [...argv, '--offline', '--no-audit', '--no-fund'], { cwd, env: sandbox.env })

const bin = (name: string, ...argv: string[]) =>
  runChild(process.execPath, [join(installed, 'node_modules', '.bin', name), ...argv], {
    cwd: installed,
    env: sandbox.env,
  })

beforeAll(async () => {
  sandbox = await createSandbox()
  installed = join(sandbox.folder, 'installed')
  await mkdir(installed)
  await writeFile(join(installed, 'package.json'), '{"private":true}')
  const pack = await npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', sandbox.folder)
  const answer = JSON.parse(pack.stdout) as unknown
  const [{ filename, files }] = Object.values(answer as object) as [
    { filename: string; files: { path: string }[] },
  ]
  packed = files.map(({ path }) => path)
  const install = await npm(installed, 'install', join(sandbox.folder, filename))
  expect(install).toMatchObject({ exitCode: 0 })
}, 60_000)

afterAll(async () => {
  await bin('todo-cli', 'local', 'stop')
  await sandbox.remove()
})

describe('the packed and installed package', () => {
  it('needs no other package', async () => {
    const names = await readdir(join(installed, 'node_modules'))
    expect(names.filter((name) => !name.startsWith('.'))).toEqual(['todo-cli'])
  })

  it('ships built JavaScript, licences and changelog, and neither source, tests nor keys', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'dist/todo-cli.cjs',
        'dist/todo-api.cjs',
        'dist/THIRD-PARTY-LICENSES.txt',
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
      ]),
    )
    expect(packed.filter((path) => /\.ts$|^(test|certs|tenant|core)\/|\.pem$|\.map$/.test(path))).toEqual([])
  })

  it('names the licence of every package that is bundled', async () => {
    const text = await readFile(
      join(installed, 'node_modules/todo-cli/dist/THIRD-PARTY-LICENSES.txt'),
      'utf8',
    )
    for (const name of [
      '@azure/msal-node',
      '@azure/identity',
      '@azure/keyvault-certificates',
      'commander',
      'express',
      'express-oauth2-jwt-bearer',
      'got',
      'jose',
      'node-forge',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)$`, 'm'))
    }
    expect(text).not.toContain('see below')
  })

  it('runs its bins', async () => {
    const help = await bin('todo-cli', '--help')
    expect(help).toMatchObject({ exitCode: 0, stderr: '' })
    expect(help.stdout).toContain('todo-cli cert create daemon')
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect((await bin('todo-cli', '--version')).stdout).toBe(`${version}\n`)
    expect((await bin('todo-api', '--help')).stdout).toContain('TODO_API_TENANT_ID')
  })

  it('starts the local tenant and lists todos with each credential', async () => {
    expect(await bin('todo-cli', 'local', 'start')).toMatchObject({ exitCode: 0 })
    for (const auth of ['secret', 'cert', 'keyvault']) {
      const { exitCode, stdout } = await bin('todo-cli', 'todos', 'list', '--auth', auth)
      expect(exitCode).toBe(0)
      expect(stdout).toContain('Water plants')
    }
  })

  describe('as a library, in a test of its user', () => {
    /** What a program beside the installed package wrote, and how it ended. */
    const script = async (name: string, text: string) => {
      await writeFile(join(installed, name), text)
      const { exitCode, stdout, stderr } = await runChild(process.execPath, [join(installed, name)], {
        cwd: installed,
        env: sandbox.env,
      })
      return { exitCode, stdout, stderr }
    }
    const token = `async (tenant) => {
      const { request } = await import('node:https')
      const form = { grant_type: 'client_credentials', client_id: tenant.client.appId, client_secret: tenant.client.secret, scope: tenant.api.scope }
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return new Promise((resolve, reject) => request(tenant.tokenEndpoint, { method: 'POST', ca: tenant.caPem, headers }, (response) =>
        resolve(response.resume().statusCode)).on('error', reject).end(String(new URLSearchParams(form))))
    }`

    it('starts a tenant that gives a token and ends with close(), without a word and without a file', async () => {
      const before = await readdir(installed)
      const ran = await script(
        'library.mjs',
        `import { startTenant } from 'todo-cli/tenant'
         const tenant = await startTenant({ port: 0 })
         const status = await (${token})(tenant)
         await tenant.close()
         process.stdout.write(String(status))`,
      )
      expect(ran).toEqual({ exitCode: 0, stdout: '200', stderr: '' })
      expect(await readdir(installed)).toEqual([...before, 'library.mjs'].sort())
    })

    it('does so for require(), too', async () => {
      const ran = await script(
        'library.cjs',
        `const { startTenant } = require('todo-cli/tenant')
         startTenant({ port: 0 }).then(async (tenant) => {
           process.stdout.write(String(await (${token})(tenant)))
           await tenant.close()
         })`,
      )
      expect(ran).toEqual({ exitCode: 0, stdout: '200', stderr: '' })
    })

    it('has types', async () => {
      const options = { compilerOptions: { module: 'nodenext', strict: true, noEmit: true, types: [] } }
      await writeFile(join(installed, 'tsconfig.json'), JSON.stringify({ ...options, files: ['typed.mts'] }))
      const check = async (line: string) => {
        const text = `import { startTenant, type Tenant } from 'todo-cli/tenant'
          const tenant: Tenant = await startTenant({ port: 0 })
          ${line}
          await tenant.close()`
        await writeFile(join(installed, 'typed.mts'), text)
        const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
        return (
          await runChild(process.execPath, [tsc, '-p', installed], { cwd: installed, env: sandbox.env })
        ).stdout
      }
      expect(await check('const scope: string = tenant.api.scope; void scope')).toBe('')
      expect(await check('const port: string = tenant.ports.issuer; void port')).toContain('TS2322')
    })
  })

  it('keeps its compile cache in a 0700 folder of the user', async () => {
    await bin('todo-cli', '--version')
    const { mode } = await stat(join(sandbox.folder, 'home', 'compile-cache'))
    expect(mode & 0o777).toBe(0o700)
  })

  it.each([
    ['todo-cli', '20.20.2'],
    ['todo-api', '20.20.2'],
    // Which knows no module by the name "node:fs".
    ['todo-cli', '12.10.0'],
    ['todo-api', '12.10.0'],
  ])('says in one line which Node.js %s needs, on %s', async (name, version) => {
    const pretend = join(sandbox.folder, `pretend-${version}.cjs`)
    await writeFile(
      pretend,
      `Object.defineProperty(process.versions, 'node', { value: '${version}' })
        const Module = require('module')
        const load = Module._load
        Module._load = (request, ...others) => {
          if (${version.startsWith('12.')} && request.startsWith('node:')) throw new Error('Cannot find module ' + request)
          return load(request, ...others)
        }`,
    )
    const path = join(installed, 'node_modules', 'todo-cli', 'dist', `${name}.cjs`)
    const { exitCode, stdout, stderr } = await runChild(
      process.execPath,
      ['--require', pretend, path, '--help'],
      { cwd: installed, env: sandbox.env },
    )
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toBe(
      `error: ${name} needs Node.js 24.5 or newer, and this is ${version}: https://nodejs.org\n`,
    )
  })

  it('is parsed by old versions of Node.js: its bins use no syntax newer than 2017 but import()', async () => {
    for (const name of ['todo-cli.cjs', 'todo-api.cjs']) {
      const text = await readFile(join(installed, 'node_modules/todo-cli/dist', name), 'utf8')
      expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true)
      expect(text).not.toMatch(/\?\.[a-z(]|\?\?|catch \{|\*\*=?/)
    }
  })
})
