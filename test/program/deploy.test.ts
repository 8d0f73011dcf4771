/**
 * docs/deploy.md, as far as it runs without Azure: what is packed is unpacked elsewhere and started by the page's start-up
 * command with the page's settings, as App Service does, behind plain HTTP.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/ports.ts'
import { withRegistrations } from '../support/registrations.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8')
const at = withRegistrations()
let site: string
let port: number
let child: ChildProcess
let settings: Record<string, string>

/** The commands of the page, each in one line. */
const commands = [...page.matchAll(/^ {4}(?! )((?:.+\\\n)*.+)/gm)].map(([, text = '']) =>
  text.replace(/\s*\\\n\s*/g, ' '),
)
const command = (start: string): string => {
  const found = commands.find((each) => each.startsWith(start))
  if (found === undefined) throw new Error(`the page has no command ${start}`)
  return found
}

beforeAll(async () => {
  site = join(at().folder, 'wwwroot')
  mkdirSync(site)
  const env = join(at().folder, 'todo-api.env')
  await at().json(['app', 'create', '--api-env', env, '--certificate', join(at().folder, 'operator.pem')])
  // `zip -r todo.zip dist package.json`: these, and nothing else.
  const packed = /zip -r todo\.zip (.+)$/.exec(command('npm run build'))?.[1]?.split(' ') ?? []
  expect(packed).toEqual(['dist', 'package.json'])
  for (const each of packed) cpSync(join(ROOT, each), join(site, each), { recursive: true })
  const set = command('az webapp config appsettings set --resource-group todo --name NAME --settings $(')
  const [, filter = '', rest = ''] = /\$\((.+?)\) (.+)$/.exec(set) ?? []
  const kept = execFileSync('sh', ['-c', filter], { cwd: at().folder, encoding: 'utf8' })
  settings = {
    ...(parseEnv(kept) as Record<string, string>),
    ...(parseEnv(rest.replaceAll(' ', '\n')) as object),
  }
  port = await freePort()
})
afterAll(() => {
  child?.kill('SIGKILL')
})

test('the settings are variables of the API, and none of this machine goes along', () => {
  const help = readFileSync(join(ROOT, 'api/help.ts'), 'utf8')
  const named = [...page.matchAll(/\b(TODO_API_[A-Z_]+|DATABASE_URL)\b/g)].map(([name]) => name)
  for (const name of new Set(named)) expect(help, name).toContain(name)
  expect(Object.keys(settings)).not.toContain('DATABASE_URL')
  expect(Object.keys(settings)).not.toContain('TODO_API_CA_FILE')
  expect(settings).toMatchObject({
    TODO_API_HOST: '0.0.0.0',
    TODO_API_TLS_TERMINATED: 'true',
    TODO_API_PORT: '8080',
    PORT: '8080',
    TODO_API_TENANT_ID: at().tenant.tenantId,
  })
})

describe('the API of the package, started as App Service does', () => {
  beforeAll(async () => {
    const startup = /--startup-file "([^"]+)"/.exec(command('az webapp config set'))?.[1] ?? ''
    expect(startup).toBe('node dist/todo-api.cjs')
    const origin = /TODO_API_CORS_ORIGINS=(\S+)/.exec(page)?.[1] ?? ''
    const env = {
      ...settings,
      // The local tenant's CA, and a port and a database that this machine has.
      TODO_API_CA_FILE: join(at().folder, 'ca.pem'),
      TODO_API_PORT: String(port),
      TODO_API_HOST: '127.0.0.1',
      TODO_API_CORS_ORIGINS: origin,
      DATABASE_URL: 'sqlite::memory:',
    }
    child = spawn(process.execPath, startup.split(' ').slice(1), { cwd: site, env, stdio: 'pipe' })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += text))
    const ended = once(child, 'exit').then(() => true)
    while (!said.includes('"event":"started"')) {
      const over = await Promise.race([ended, once(child.stdout ?? child, 'data').then(() => false)])
      if (over) throw new Error(`the API ended: ${said}`)
    }
  })

  test('answers the health check of the page, over plain HTTP', async () => {
    const path = /"healthCheckPath": "([^"]+)"/.exec(page)?.[1]
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200)
  })

  test('answers the daemon that app create made, and no one without a token', async () => {
    const url = `http://127.0.0.1:${port}/api/todolist`
    expect((await fetch(url)).status).toBe(401)
    const [, set = ''] = /^todo-cli (.+)$/.exec(command('todo-cli config set apiEndpoint')) ?? []
    const argv = set.replace('https://NAME.azurewebsites.net/api/todolist', url).split(' ')
    expect(argv).toContain(url)
    expect((await at().cli(argv)).exitCode).toBe(0)
    const [, doctor = ''] = /^todo-cli (.+)$/.exec(command('todo-cli doctor')) ?? []
    expect(await at().cli(doctor.split(' '))).toMatchObject({ exitCode: 0 })
    expect(await at().json(['todos', 'list', '--profile', 'todo-cli-daemon'])).toEqual([])
  })

  test('answers a web page of the named origin, and of no other', async () => {
    const preflight = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'GET' }
      const answer = await fetch(`http://127.0.0.1:${port}/api/todolist`, { method: 'OPTIONS', headers })
      return answer.headers.get('access-control-allow-origin')
    }
    expect(await preflight('https://app.contoso.com')).toBe('https://app.contoso.com')
    expect(await preflight('https://elsewhere.example')).toBeNull()
  })

  test('ends in peace when the platform stops it', async () => {
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

test('the page turns the platform’s own authentication off, and asks for TLS', () => {
  expect(command('az webapp auth update')).toContain('--enabled false')
  expect(command('az webapp update')).toContain('--https-only true')
  expect(command('az webapp config set')).toContain('--min-tls-version 1.2')
  // A secret on a command line would stay in the shell's history.
  for (const each of commands)
    expect(each).not.toMatch(/PASSWORD=|--admin-password|postgres:\/\/\w+:(?!PASSWORD)/)
})
