import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSandbox, ROOT, runChild, type Sandbox } from '../support/child.ts'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await createSandbox()
})

afterEach(async () => {
  await sandbox.remove()
})

const demo = (env: Readonly<Record<string, string>> = {}) =>
  runChild(process.execPath, [join(ROOT, 'scripts', 'demo.ts')], {
    cwd: sandbox.cwd,
    env: { ...sandbox.env, TMPDIR: sandbox.folder, ...env },
  })

describe('npm run demo', () => {
  it('runs the main job, prints each command before its output, leaves nothing behind, and takes no part in what the user has configured', {
    // Twenty programs, one after the other.
    timeout: 120_000,
  }, async () => {
    const { exitCode, stdout, stderr } = await demo({
      CLIENT_ID: 'nonsense',
      AUTHORITY: 'http://example.com',
      TODO_CLI_AUTH: 'nonsense',
      AZURE_CLIENT_ID: 'nonsense',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const commands = stdout.split('\n').filter((line) => line.startsWith('$ '))
    expect(commands.slice(0, 5)).toEqual([
      '$ todo-cli local start',
      '$ todo-cli config get keyVaultUrl',
      '$ todo-cli cert create daemon',
      '$ todo-cli cert thumbprint certs/daemon.pem',
      '$ todo-cli app credential add certs/daemon.crt',
    ])
    expect(commands.at(-1)).toBe('$ todo-cli local stop')
    for (const reason of ['AADSTS700027', 'AADSTS7000215', '403 insufficient_scope'])
      expect(stdout).toContain(reason)
    expect(stdout.match(/^hint: /gm)).toHaveLength(3)
    expect(stdout).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\./)
    expect(await readdir(sandbox.folder)).toEqual([])
  })

  it('exits 1 and says which step failed', async () => {
    // One command of the demo ends with an exit code that it never has.
    const preload = join(sandbox.folder, 'preload.cjs')
    await writeFile(preload, "if (process.argv.includes('thumbprint')) process.exit(3)")
    const { exitCode, stderr } = await demo({ NODE_OPTIONS: `--require ${preload}` })
    expect(exitCode).toBe(1)
    expect(stderr).toBe('The demo failed: "todo-cli cert thumbprint certs/daemon.pem" ended with 3, not 0\n')
  })
})
