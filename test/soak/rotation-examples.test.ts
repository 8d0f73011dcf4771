/**
 * The examples of docs/rotation.md: read as systemd, GitHub and Kubernetes read them, and their commands run by the built
 * program with the variables that they set, against the local tenant.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { disk } from '../../cli/auth/sources/disk.ts'
import { keyvault } from '../../cli/auth/sources/keyvault.ts'
import { REGISTRATION_SETTINGS } from '../../cli/registration/settings.ts'
import { SETTINGS } from '../../cli/settings.ts'
import type { TestApi } from '../support/api.ts'
import { startTestApi } from '../support/api.ts'
import { type CliResult, spawnCli } from '../support/cli.ts'
import { blocksIn } from '../support/doc-blocks.ts'
import { withRegistrations } from '../support/registrations.ts'
import { has, runTool } from '../support/tools.ts'

const at = withRegistrations()
let api: TestApi

beforeAll(async () => {
  const { tenantId, authority, caPem } = at().tenant
  const { api: app } = await at().json(['app', 'create', ...flagsFor('first', 'first.pem')])
  api = await startTestApi({ tenantId, authority, caPem, clientId: app.clientId })
})
afterAll(() => api?.close())

/** A daemon of its own for each example, all with the one API. */
const flagsFor = (name: string, certificate: string) => {
  const file = (path: string) => (path.startsWith('vault:') ? path : join(at().folder, path))
  const names = ['--api-name', 'example-api', '--client-name', name, '--save-as', name]
  return [...names, '--api-env', file(`${name}.env`), '--certificate', file(certificate), '--wait', '0']
}

const KNOWN = [...SETTINGS, ...disk.settings, ...keyvault.settings, ...REGISTRATION_SETTINGS].flatMap(
  ({ variable = '' }) => [variable, `TODO_CLI_${variable}`],
)

/** Runs a command as it is on the page, with the page's variables, in the place of which a test has its own values. */
async function runExample(
  words: readonly string[],
  env: Record<string, string>,
  own: Record<string, string>,
): Promise<CliResult> {
  for (const name of Object.keys(env)) expect([...KNOWN, 'TODO_CLI_HOME']).toContain(name)
  for (const name of Object.keys(own)) expect(Object.keys({ ...env, ...SERVICES })).toContain(name)
  return spawnCli(words, { env: { ...env, TODO_CLI_CA_FILE: join(at().folder, 'ca.pem'), ...own } })
}

/** What only the local tenant needs: where its Graph is, and who opens its vault in the place of the Azure CLI. */
const SERVICES = {
  TODO_CLI_GRAPH_URL: '',
  VAULT_CERTIFICATE_FILE: '',
  AZURE_CLIENT_ID: '',
  AZURE_TENANT_ID: '',
  AZURE_AUTHORITY_HOST: '',
}

const words = (command: string, program: RegExp) => {
  expect(command).toMatch(program)
  return command.replace(program, '').trim().split(' ')
}

describe('the systemd units', () => {
  const [service = '', timer = ''] = blocksIn('rotation.md', 'ini')
  const value = (unit: string, key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1] ?? ''

  test('renew a certificate with the profile of app create, by a proof', async () => {
    await at().json(['cert', 'create', 'unit', '--days', '20', '--out', at().folder])
    await at().json(['app', 'create', ...flagsFor('unit', 'unit.pem')])
    await at().cli(['config', 'use', 'unit'])
    await at().cli(['config', 'set', 'apiEndpoint', api.url])
    const [name = '', path = ''] = value(service, 'Environment').split('=')
    expect({ name, path }).toEqual({
      name: 'TODO_CLI_HOME',
      path: `/var/lib/${value(service, 'StateDirectory')}`,
    })
    const argv = words(value(service, 'ExecStart'), /^\/usr\/local\/bin\/todo-cli /)
    const env = { TODO_CLI_HOME: path }
    // The new one lives 20 days, as the old one: with 30 it would be due again.
    const due = argv.map((word) => (word === '30d' ? '15d' : word))
    expect((await runExample(argv, env, { TODO_CLI_HOME: at().env.TODO_CLI_HOME ?? '' })).exitCode).toBe(0)
    const again = await runExample(due, env, { TODO_CLI_HOME: at().env.TODO_CLI_HOME ?? '' })
    expect(again).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(await at().json(['app', 'credential', 'list', '--profile', 'unit'])).toHaveLength(2)
  })

  test.runIf(has('systemd-analyze'))('are units that systemd takes', async () => {
    const folder = join(at().folder, 'units')
    await mkdir(folder)
    // The program of this machine in the place of one that is not installed; nobody of that name is here, either.
    const installed = service.replace('/usr/local/bin/todo-cli', process.execPath).replace(/^User=.*\n/m, '')
    await writeFile(join(folder, 'todo-rotate.service'), installed)
    await writeFile(join(folder, 'todo-rotate.timer'), timer)
    for (const unit of ['todo-rotate.service', 'todo-rotate.timer'])
      expect(runTool('systemd-analyze', ['verify', '--man=no', join(folder, unit)], folder)).toBe('')
    expect(runTool('systemd-analyze', ['calendar', value(timer, 'OnCalendar')], folder)).toContain(
      'Next elapse',
    )
  })
})

describe('the GitHub workflow', () => {
  const [text = ''] = blocksIn('rotation.md', 'yaml')
  const workflow = parse(text)
  const { renew } = workflow.jobs

  test('may ask for a federated token and read, and nothing else; one run at a time', () => {
    expect(workflow.permissions).toEqual({ 'id-token': 'write', contents: 'read' })
    expect(workflow.concurrency).toBe('renew-certificate')
    for (const { uses } of renew.steps) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/)
    expect(JSON.stringify(workflow)).not.toContain('secrets.')
  })

  test('keeps the journals where the program has them', () => {
    const { path } = renew.steps.find(({ uses = '' }) => uses.startsWith('actions/cache')).with
    const home = renew.env.TODO_CLI_HOME.replace(/^\S+ \S+ \S+\//, '')
    expect(path).toBe(`${home}/journals`)
  })

  test('renews a certificate in the vault, with the variables that it sets', async () => {
    const { tenant, env, folder } = at()
    await at().json(['cert', 'create', 'example', '--days', '20', '--vault', tenant.vaultUrl])
    const made = await at().json(['app', 'create', ...flagsFor('example', 'vault:example')])
    const argv = words(renew.steps.at(-1).run, /^npx --no todo-cli /)
    const operator = Object.fromEntries(Object.keys(SERVICES).map((name) => [name, env[name] ?? '']))
    const own = {
      ...operator,
      TODO_CLI_HOME: join(folder, 'runner'),
      AUTHORITY: tenant.authority,
      CLIENT_ID: made.client.clientId,
      SCOPES: made.scope,
      API_ENDPOINT: api.url,
      KEY_VAULT_URL: tenant.vaultUrl,
      CERTIFICATE_NAME: 'example',
      TODO_CLI_VAULT_AUTH: 'certificate',
    }
    const due = argv.map((word) => (word === '30d' ? '15d' : word))
    const rotated = await runExample(argv, renew.env, own)
    expect(rotated).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('the API answered') })
    expect(await runExample(due, renew.env, own)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })
})

describe('the Kubernetes objects', () => {
  const [, text = ''] = blocksIn('rotation.md', 'yaml')
  const [config, job] = parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS()
  })
  const { spec } = job.spec.jobTemplate.spec.template
  const [container] = spec.containers

  test('keep two runs apart, and name what they use', () => {
    expect(job.spec.concurrencyPolicy).toBe('Forbid')
    expect(container.envFrom).toEqual([{ configMapRef: { name: config.metadata.name } }])
    const volumes = spec.volumes.map(({ name }: { name: string }) => name)
    for (const { name } of container.volumeMounts) expect(volumes).toContain(name)
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: expect.any(Number) })
  })

  test('renew a certificate on the volume, with the variables that they set', async () => {
    const { tenant, folder, env } = at()
    const state = join(folder, 'state')
    await at().json(['cert', 'create', 'daemon', '--days', '20', '--out', join(state, 'certs')])
    const made = await at().json(['app', 'create', ...flagsFor('pod', 'state/certs/daemon.pem')])
    const [program, ...argv] = container.command
    expect(program).toBe('todo-cli')
    const variables = Object.fromEntries(
      container.env.map(({ name, value }: Record<string, string>) => [name, value]),
    )
    const [{ mountPath }] = container.volumeMounts
    const onVolume = (path: string) => {
      expect(path.startsWith(mountPath)).toBe(true)
      return path.replace(mountPath, state)
    }
    const own = {
      TODO_CLI_GRAPH_URL: env.TODO_CLI_GRAPH_URL ?? '',
      TODO_CLI_HOME: onVolume(variables.TODO_CLI_HOME),
      CERT_PRIVATE_KEY_FILE: onVolume(variables.CERT_PRIVATE_KEY_FILE),
      AUTHORITY: tenant.authority,
      CLIENT_ID: made.client.clientId,
      SCOPES: made.scope,
      API_ENDPOINT: api.url,
      TODO_CLI_APP_OBJECT_ID: made.client.objectId,
    }
    const before = await readFile(own.CERT_PRIVATE_KEY_FILE, 'utf8')
    const due = argv.map((word: string) => (word === '30d' ? '15d' : word))
    const all = { ...config.data, ...variables }
    expect(await runExample(argv, all, own)).toMatchObject({ exitCode: 0, stdout: '' })
    expect(await readFile(own.CERT_PRIVATE_KEY_FILE, 'utf8')).not.toBe(before)
    expect(await runExample(due, all, own)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })
})
