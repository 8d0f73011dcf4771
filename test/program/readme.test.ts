import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, ROOT, runChild, type Sandbox, TODO_CLI } from '../support/child.ts'
import { keepPorts } from '../support/ports.ts'

let sandbox: Sandbox
let blocks: readonly string[]

beforeAll(async () => {
  sandbox = await createSandbox()
  await keepPorts(join(sandbox.folder, 'home', 'local'))
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] as string)
})

afterAll(async () => {
  await sandbox.todoCli('local', 'reset')
  await sandbox.remove()
})

/** Runs a block as a reader would paste it, with the checkout's program in place of `npx todo-cli`. */
function shell(block: string, env: Readonly<Record<string, string>> = {}) {
  const script = block
    .replaceAll(/npx todo-cli/g, `"${process.execPath}" "${TODO_CLI}"`)
    .replaceAll(
      /npx todo-api/g,
      `"${process.execPath}" "${TODO_CLI.replace('todo-cli.cjs', 'todo-api.cjs')}"`,
    )
  return runChild('sh', ['-euc', script], { cwd: sandbox.cwd, env: { ...sandbox.env, ...env } })
}

describe('the README', () => {
  it('has the blocks that these tests run, and no other', () => {
    expect(blocks.map((block) => block.trim().split('\n')[0])).toEqual([
      'npm ci && npm run demo',
      'npx todo-cli local start',
      'export AUTHORITY=https://login.microsoftonline.com/TENANT_ID',
      'npm ci && npm test',
    ])
  })

  it('has commands for trying it by hand that all succeed, in their order', async () => {
    const result = await shell(blocks[1] ?? '')
    expect(result).toMatchObject({ exitCode: 0 })
    expect(result.stdout.match(/Finish invoice report/g)).toHaveLength(4)
  })

  it('has commands for a real tenant that succeed, with the names of the local one in their place', async () => {
    await sandbox.todoCli('local', 'start')
    const { stdout } = await sandbox.todoCli('local', 'env', '--json')
    const local = JSON.parse(stdout) as Record<string, string>
    const block = (blocks[2] ?? '')
      .replace('https://login.microsoftonline.com/TENANT_ID', local.AUTHORITY ?? '')
      .replace('CLIENT_APP_ID', local.CLIENT_ID ?? '')
      .replace('api://API_APP_ID/.default', local.SCOPES ?? '')
      .replace('https://api.example.com/api/todolist', local.API_ENDPOINT ?? '')
      .replace('https://NAME.vault.azure.net', local.KEY_VAULT_URL ?? '')
      .replace(/cert create daemon$/m, 'cert create daemon --force')
    const {
      AZURE_AUTHORITY_HOST,
      AZURE_TENANT_ID,
      AZURE_CLIENT_ID,
      AZURE_CLIENT_CERTIFICATE_PATH,
      NODE_EXTRA_CA_CERTS,
      TODO_CLI_GRAPH_URL,
    } = local
    const signedIn = {
      AZURE_AUTHORITY_HOST,
      AZURE_TENANT_ID,
      AZURE_CLIENT_ID,
      AZURE_CLIENT_CERTIFICATE_PATH,
      NODE_EXTRA_CA_CERTS,
      TODO_CLI_GRAPH_URL,
    }
    const result = await shell(block, {
      ...(signedIn as Record<string, string>),
      TODO_CLI_HOME: join(sandbox.folder, 'other-home'),
    })
    expect(result).toMatchObject({ exitCode: 0 })
    expect(result.stdout.match(/Finish invoice report/g)).toHaveLength(2)
  })

  it('links only to pages that are there', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
    for (const [, path] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      await expect(
        readFile(join(ROOT, path as string)).catch((error: NodeJS.ErrnoException) => error.code),
      ).resolves.not.toBe('ENOENT')
    }
  })

  it.each(['todo-api --help'])('names `npx %s`, which answers', async (command) => {
    expect(await shell(`npx ${command}`)).toMatchObject({ exitCode: 0 })
  })
})
