import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeProfiles } from '../../../../cli/profiles.ts'
import { runCli, temporaryHome } from '../../../support/cli.ts'

const { folder, env } = temporaryHome()
const HOME = join(folder, 'user')

beforeAll(async () => {
  mkdirSync(join(folder, 'files/sub'), { recursive: true })
  mkdirSync(HOME)
  for (const name of ['a.pem', 'b.PFX', 'c.txt', '.hidden.pem', 'with blank.crt', 'new\nline.pem'])
    writeFileSync(join(folder, 'files', name), '')
  writeFileSync(join(HOME, 'mine.pem'), '')
  symlinkSync(join(folder, 'files/sub'), join(folder, 'files/link'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'files/broken.pem'))
  await writeProfiles(join(env.TODO_CLI_HOME, 'profiles.json'), {
    current: 'work',
    profiles: { work: { authority: 'https://example.com/t' }, other: {} },
  })
})

/** The candidates as fish gets them: value, tab, description. */
async function candidates(words: readonly string[], more: Record<string, string> = {}): Promise<string[]> {
  const { stdout, stderr, exitCode } = await runCli(['__complete', 'fish', '--', ...words], {
    env: { ...env, HOME, ...more },
  })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return stdout.split('\n').filter(Boolean)
}

const values = async (...words: string[]) => (await candidates(words)).map((line) => line.split('\t')[0])

describe('completion of a command', () => {
  it('offers the nouns with their summaries, and nothing hidden', async () => {
    const found = await candidates([''])
    expect(found).toContain('todos\tList and change todos')
    expect(found.join('\n')).not.toMatch(/__complete|^help/m)
  })

  it.each([
    [['todos', 'li'], ['list']],
    [['tod'], ['todos']],
    [['app', 'credential', 'a'], ['add']],
    [['--profile', 'work', 'todos', 'sh'], ['show']],
    [['--json', 'cert', 'thu'], ['thumbprint']],
    [['--timeout=3s', 'token', 'g'], ['get']],
  ])('%j goes on with %j', async (words, found) => {
    expect(await values(...words)).toEqual(found)
  })

  it.each([
    [['nonsense', '']],
    [['todos', 'nonsense', '']],
    [['todos', 'add', '']],
    [['todos', 'list', '--client-id', '']],
    [['todos', 'list', '--', '--j']],
    [['local', 'start', 'x']],
    [['explain', 'AADSTS700027', 'A']],
    [['config', 'set', '__proto__', '']],
    [['todos', 'list', '--timeout', '']],
  ])('%j goes on with nothing that is known', async (words) => {
    expect(await values(...words)).toEqual([])
  })
})

describe('completion of an option', () => {
  it('offers those of the command and of every command, once each', async () => {
    const found = await values('cert', 'create', '--')
    expect(found).toEqual(expect.arrayContaining(['--key-size', '--profile', '--json', '--help']))
    expect(new Set(found).size).toBe(found.length)
  })

  it('leaves out what was given', async () => {
    expect(await values('todos', 'list', '--json', '--auth', 'cert', '--')).not.toEqual(
      expect.arrayContaining(['--json']),
    )
    expect(await values('todos', 'list', '--auth', 'cert', '--aut')).toEqual(['--authority'])
  })
})

describe('completion of a value', () => {
  it.each([
    [
      ['todos', 'list', '--profile', ''],
      ['work', 'other'],
    ],
    [['todos', 'list', '--profile=w'], ['--profile=work']],
    [['config', 'use', 'o'], ['other']],
    [['todos', 'list', '--auth', 'c'], ['cert']],
    [
      ['todos', 'list', '--vault-mode', ''],
      ['sign', 'export'],
    ],
    [['todos', 'list', '--vault-auth=az'], ['--vault-auth=azure-cli']],
    [['cert', 'create', '--key-size', '3'], ['3072']],
    [
      ['cert', 'thumbprint', '--format', 'x'],
      ['x5t', 'x5t#S256'],
    ],
    [['config', 'set', 'vaultMode', 'e'], ['export']],
    [['config', 'set', 'auth', 'k'], ['keyvault']],
    [['config', 'get', 'apiE'], ['apiEndpoint']],
    [['explain', 'AADSTS70002'], expect.arrayContaining(['AADSTS700027'])],
    [['explain', 'Forbidden'], expect.arrayContaining(['ForbiddenByRbac'])],
    [['explain', 'certificate-exp'], ['certificate-expired']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', 'powershell'],
    ],
  ])('%j is one of %j', async (words, found) => {
    expect(await values(...words)).toEqual(found)
  })

  it('says which profile is the current one, and where it leads', async () => {
    expect(await candidates(['config', 'use', 'w'])).toEqual(['work\tcurrent, https://example.com/t'])
  })

  it('never offers a secret as a setting', async () => {
    const found = await values('config', 'set', '')
    expect(found).toContain('clientId')
    expect(found).not.toContain('clientSecret')
  })

  it.each([
    ['damaged profiles', ['config', 'use', ''], { TODO_CLI_HOME: '/dev/null' }],
    ['an unknown profile', ['cert', 'show', 'vault:', '--profile', 'nobody'], {}],
    ['no vault', ['cert', 'show', 'vault:'], {}],
    ['a vault that is not there', ['cert', 'show', 'vault:'], { KEY_VAULT_URL: 'https://localhost:1' }],
    [
      'a vault that a person would have to open',
      ['cert', 'show', 'vault:'],
      { KEY_VAULT_URL: 'https://localhost:1', TODO_CLI_VAULT_AUTH: 'device-code' },
    ],
    ['a setting that can not be used', ['cert', 'show', 'vault:'], { KEY_VAULT_URL: 'http://x' }],
  ])('is silent about %s', async (_, words, more) => {
    expect(await candidates(words, more)).toEqual([])
  })

  it('offers the vault where one is configured, without asking it', async () => {
    const found = await candidates(['cert', 'show', 'v'], { KEY_VAULT_URL: 'https://localhost:1' })
    expect(found).toEqual(['vault:\ta certificate in the key vault'])
  })
})

describe('completion of a file', () => {
  const below = (...names: string[]) => names.map((name) => join(folder, 'files', name))

  it('offers certificate files, and folders to go on into', async () => {
    expect(await values('cert', 'show', `${folder}/files/`)).toEqual(
      below('a.pem', 'b.PFX', 'broken.pem', 'link/', 'sub/', 'with blank.crt'),
    )
    expect(await values('todos', 'list', '--certificate-file', `${folder}/files/b.`)).toEqual(below('b.PFX'))
    expect(await values('config', 'set', 'certificateFile', `${folder}/files/a`)).toEqual(below('a.pem'))
  })

  it('offers every file where any may be meant', async () => {
    expect(await values('todos', 'list', '--env-file', `${folder}/files/c`)).toEqual(below('c.txt'))
  })

  it('offers folders alone where a folder is meant', async () => {
    expect(await values('cert', 'create', '--out', `${folder}/files/`)).toEqual(below('link/', 'sub/'))
  })

  it('offers hidden files where a dot was typed', async () => {
    expect(await values('cert', 'show', `${folder}/files/.`)).toEqual(below('.hidden.pem'))
  })

  it('keeps a tilde, which the shell will read', async () => {
    expect(await values('cert', 'show', '~/')).toEqual(['~/mine.pem'])
  })

  it.each(['/nowhere/at/all/', `${folder}/files/a.pem/`, '/root/\u0000'])(
    'has none below %j',
    async (typed) => {
      expect(await values('cert', 'show', typed)).toEqual([])
    },
  )
})
