/** A command loads what it needs and nothing else: a user of a certificate file never waits for Azure's libraries. */
import { execFile, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { BIN, temporaryHome } from '../../support/cli.ts'

const exec = promisify(execFile)
const { folder, env } = temporaryHome()
const MAIN = new URL('../../../cli/main.ts', import.meta.url).href

/** Writes each package that is loaded, once, when the program ends. */
const HOOK = `
  import { registerHooks } from 'node:module'
  const loaded = new Set()
  registerHooks({
    load(url, context, next) {
      const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]
      if (name !== undefined) loaded.add(name)
      return next(url, context)
    },
  })
  process.on('exit', () => process.stderr.write('\\nLOADED ' + [...loaded].join(' ') + '\\n'))
`

/** Runs the program from its sources, and returns the packages that it loaded. */
async function packagesOf(argv: readonly string[], more: Record<string, string> = {}): Promise<string[]> {
  const script = `process.argv.splice(1, 0, 'todo-cli'); const { main } = await import(${JSON.stringify(MAIN)}); await main()`
  const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`
  const args = ['--import', hook, '--input-type=module', '--eval', script, '--', ...argv]
  const { stderr } = await exec(process.execPath, args, { env: { ...env, ...more }, cwd: folder }).catch(
    (error: { stderr: string }) => error,
  )
  const line = stderr.split('\n').findLast((each) => each.startsWith('LOADED '))
  return line?.split(' ').slice(1).filter(Boolean) ?? []
}

/** A table of character widths. */
const ALWAYS = 'get-east-asian-width'

describe('what is loaded', () => {
  it.each([
    ['for --help', ['--help'], ['commander']],
    ['for a usage error', ['todos', 'lst'], ['commander']],
    ['to list settings', ['config', 'list'], ['commander']],
    ['to clear the cache', ['token', 'clear'], ['commander']],
    ['to make a certificate', ['cert', 'create', 'daemon', '--out', 'made'], ['commander', 'node-forge']],
    ['to read a certificate', ['cert', 'thumbprint', 'made/daemon.pem'], []],
    ['to print one thumbprint', ['cert', 'thumbprint', 'made/daemon.pem', '--format', 'sha1'], ['commander']],
  ])('%s is nothing more than it needs', async (_, argv, packages) => {
    const loaded = await packagesOf(argv)
    expect(loaded).toContain(ALWAYS)
    expect(loaded.filter((name) => name !== ALWAYS).toSorted()).toEqual(packages)
  })

  it('for a call with a secret is nothing of Azure but MSAL', async () => {
    const argv = ['todos', 'list', '--authority', 'https://localhost:1/contoso.com', '--no-cache']
    const settings = ['--client-id', '11111111-1111-4111-8111-111111111111', '--scopes', 'api://x/.default']
    const loaded = await packagesOf([...argv, ...settings], { CLIENT_SECRET: 'hunter2' })
    expect(loaded).toContain('got')
    expect(loaded.filter((name) => /^@azure\/(identity|keyvault|core)|node-forge/.test(name))).toEqual([])
  })
})

/** The parts of Node.js that the built program loads, its output being a file: for a pipe, Node.js itself loads node:net. */
function partsOf(argv: readonly string[], more: Record<string, string> = {}): Set<string> {
  const at = (name: string) => join(folder, name)
  const [hook, output, list] = [at('parts.cjs'), at('output.txt'), at('parts.txt')]
  const write = `require('node:fs').writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join('\\n'))`
  writeFileSync(hook, `process.on('exit', () => ${write})`)
  const file = openSync(output, 'w')
  spawnSync(process.execPath, ['--require', hook, BIN, ...argv], {
    env: { ...env, ...more },
    cwd: folder,
    stdio: ['ignore', file, file],
  })
  closeSync(file)
  return new Set(
    readFileSync(list, 'utf8')
      .split('\n')
      .map((line) => line.replace('NativeModule ', '')),
  )
}

describe('of Node.js, what is loaded', () => {
  it.each([
    ['for --help', ['--help'], ['crypto', 'net', 'internal/fs/promises']],
    ['for a usage error', ['todos', 'lst'], ['crypto', 'net', 'internal/fs/promises', 'child_process']],
    ['to list profiles', ['config', 'profiles'], ['net', 'http', 'tls', 'child_process']],
    ['to read a certificate', ['cert', 'thumbprint', 'read.pem'], ['net', 'http', 'tls', 'child_process']],
  ])('%s is nothing more than it needs', (_, argv, not) => {
    const parts = partsOf(argv)
    expect(parts).toContain('fs')
    expect(not.filter((part) => parts.has(part))).toEqual([])
  })

  it('for a call over the network is neither fetch nor HTTP/2', () => {
    const argv = ['todos', 'list', '--authority', 'https://localhost:1/contoso.com', '--no-cache']
    const settings = ['--client-id', '11111111-1111-4111-8111-111111111111', '--scopes', 'api://x/.default']
    const parts = partsOf([...argv, ...settings], { CLIENT_SECRET: 'hunter2' })
    expect(parts).toContain('https')
    expect(['http2', 'internal/deps/undici/undici'].filter((part) => parts.has(part))).toEqual([])
  })
})
