/** A command loads what it needs and nothing else: a user of a certificate file never waits for Azure's libraries. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryHome } from '../../support/cli.ts'

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

/** The parser, and a table of character widths. */
const ALWAYS = ['commander', 'get-east-asian-width']

describe('what is loaded', () => {
  it.each([
    ['for --help', ['--help'], []],
    ['for a usage error', ['todos', 'lst'], []],
    ['to list settings', ['config', 'list'], []],
    ['to clear the cache', ['token', 'clear'], []],
    ['to make a certificate', ['cert', 'create', 'daemon', '--out', 'made'], ['node-forge']],
    ['to read a certificate', ['cert', 'thumbprint', 'made/daemon.pem'], []],
  ])('%s is nothing more than it needs', async (_, argv, packages) => {
    const loaded = await packagesOf(argv)
    expect(loaded).toContain('commander')
    expect(loaded.filter((name) => !ALWAYS.includes(name))).toEqual(packages)
  })

  it('for a call with a secret is nothing of Azure but MSAL', async () => {
    const argv = ['todos', 'list', '--authority', 'https://localhost:1/contoso.com', '--no-cache']
    const settings = ['--client-id', '11111111-1111-4111-8111-111111111111', '--scopes', 'api://x/.default']
    const loaded = await packagesOf([...argv, ...settings], { CLIENT_SECRET: 'hunter2' })
    expect(loaded).toContain('got')
    expect(loaded.filter((name) => /^@azure\/(identity|keyvault|core)|node-forge/.test(name))).toEqual([])
  })
})
