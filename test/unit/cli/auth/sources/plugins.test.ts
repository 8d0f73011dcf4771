import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { adoptSource } from '../../../../../cli/auth/sources/plugin-source.ts'
import { pluginSources } from '../../../../../cli/auth/sources/plugins.ts'
import { sourceNamed } from '../../../../../cli/auth/sources/registry.ts'
import { parsePlugins, pluginNames } from '../../../../../cli/plugin-names.ts'
import { resolveSettings } from '../../../../../cli/settings.ts'
import { appError } from '../../../../support/app-error.ts'
import { certificateFor, rsaKeys } from '../../../../support/certificates.ts'
import { expectError, runCli } from '../../../../support/cli.ts'

const root = mkdtempSync(join(tmpdir(), 'plugins-'))
const folder = join(root, 'home/plugins')
afterAll(() => rmSync(root, { recursive: true }))

/** Writes a package into a folder's node_modules. */
function pack(
  name: string,
  code: string,
  { at = folder, manifest = { exports: './index.js' } as object } = {},
) {
  const home = join(at, 'node_modules', name)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({ name, version: '1.0.0', type: 'module', ...manifest }),
    { mode: 0o644 },
  )
  writeFileSync(join(home, 'index.js'), code, { mode: 0o644 })
  return home
}
const sourceCode = (name: string) =>
  `export default { name: '${name}', settings: [], identify: async () => 'x', open: async () => ({}) }`
const load = (...names: string[]) => pluginSources({ folder, names })
const leavesMark = (mark: string) =>
  `import { writeFileSync } from 'node:fs'; writeFileSync('${mark}', ''); export default 1`

describe('the plugins of a profile', () => {
  it('are npm packages, with commas between', () => {
    expect(pluginNames(parsePlugins(' a , @scope/b-c,d.e_f ', 'plugins'))).toEqual([
      'a',
      '@scope/b-c',
      'd.e_f',
    ])
  })

  it.each([
    '',
    ',',
    '../evil',
    './evil',
    '/etc/evil',
    'a/b',
    '@a/b/c',
    'node:fs',
    'file:///x',
    'A',
    '.hidden',
    'a b',
    'a\\b',
    '@/a',
  ])('can not be %j', async (text) => {
    await appError('setting-invalid', () => parsePlugins(text, 'plugins'))
  })
})

describe('a plugin', () => {
  it('is loaded out of the plugins folder, and adds its source', async () => {
    pack('good', sourceCode('good'))
    pack('@scope/scoped', sourceCode('scoped'))
    expect((await load('good', '@scope/scoped')).map(({ name }) => name)).toEqual(['good', 'scoped'])
  })

  it('can be CommonJS', async () => {
    const code = `module.exports = { default: 1 }; module.exports = { name: 'common', settings: [], identify() {}, open() {} }`
    pack('common', code, { manifest: { type: 'commonjs', main: 'index.js' } })
    expect((await load('common'))[0]?.name).toBe('common')
  })

  it('that is not installed is named, with the command that installs it', async () => {
    const { message, hint } = await appError('plugin-missing', () => load('not-there'))
    expect(message).toContain('not-there')
    expect(hint).toContain(`npm install --prefix ${folder} not-there`)
  })

  it.each(['.', '..', '../..'])('in node_modules of %s of the plugins folder is not taken', async (above) => {
    const mark = join(root, `mark${above.length}`)
    const at = above === '.' ? join(folder, 'elsewhere') : join(folder, above)
    pack(`above${above.length}`, leavesMark(mark), { at })
    await appError('plugin-missing', () => load(`above${above.length}`))
    expect(existsSync(mark)).toBe(false)
  })

  it('is never one of the working folder, whose packages this project has', async () => {
    expect(existsSync(join(process.cwd(), 'node_modules/got'))).toBe(true)
    await appError('plugin-missing', () => load('got'))
  })

  it.each(['package', 'node_modules'])('is not run where other users may write to its %s', async (what) => {
    const mark = join(root, `exposed-${what}`)
    const home = pack(`exposed-${what}`, leavesMark(mark))
    const path = what === 'package' ? home : join(folder, 'node_modules')
    chmodSync(path, 0o777)
    const { hint } = await appError('file-exposed', () => load(`exposed-${what}`))
    chmodSync(path, 0o755)
    expect(hint).toContain(`chmod go-w ${path}`)
    expect(existsSync(mark)).toBe(false)
  })

  it.each<[what: string, open: (home: string) => string]>([
    ['the folder of its scope', (home) => join(home, '..')],
    ['a folder within it', (home) => join(home, 'lib')],
    ['the file that it begins with', (home) => join(home, 'lib/index.js')],
  ])('is not run where other users may write to %s', async (what, open) => {
    const mark = join(root, `deep-${what.length}`)
    const name = `@deep${what.length}/plugin`
    const home = pack(name, '', { manifest: { exports: './lib/index.js' } })
    mkdirSync(join(home, 'lib'))
    writeFileSync(join(home, 'lib/index.js'), leavesMark(mark))
    chmodSync(open(home), 0o777)
    const { hint } = await appError('file-exposed', () => load(name))
    expect(hint).toContain('chmod go-w')
    expect(existsSync(mark)).toBe(false)
  })

  it('that is a link is run, and not where other users may write to what it leads to', async () => {
    const real = pack('elsewhere', sourceCode('linked'), { at: join(root, 'source') })
    symlinkSync(real, join(folder, 'node_modules/linked'))
    expect((await load('linked')).map(({ name }) => name)).toEqual(['linked'])
    chmodSync(real, 0o777)
    await appError('file-exposed', () => load('linked'))
  })

  it.each<[string, string, object]>([
    ['in a folder beside it', 'beside', { main: '../good/index.js' }],
    ['in Node.js itself', 'fs', { main: 'index.js' }],
  ])('that begins %s is not run', async (_, name, manifest) => {
    pack(name, sourceCode('outside'), { manifest })
    await appError('plugin-invalid', () => load(name))
  })

  it.skipIf(userInfo().uid !== 0)('of another user is not run', async () => {
    const mark = join(root, 'foreign')
    chownSync(pack('foreign', leavesMark(mark)), 12_345, 12_345)
    await appError('file-exposed', () => load('foreign'))
    expect(existsSync(mark)).toBe(false)
  })

  it.each<[string, string, object?]>([
    ['that throws while it is loaded', 'throw new Error("no")'],
    ['that waits while it is loaded', 'await 1; export default 7'],
    ['that is no JavaScript', 'export default {{{'],
    ['that needs what is not there', 'import "not-there-either"'],
    ['without an entry', '', { exports: { './other': './index.js' } }],
    ['whose entry is not there', '', { exports: './none.js' }],
    ['that exports nothing', 'export {}'],
    ['that exports a number', 'export default 7'],
    ['that exports null', 'export default null'],
  ])('%s is told, and where it is from', async (what, code, manifest) => {
    const name = `bad-${what.length}-${code.length}`
    pack(name, code, manifest ? { manifest } : {})
    const { message, hint } = await appError('plugin-invalid', () => load(name))
    expect(message).toContain(name)
    expect(hint).toBeTruthy()
  })

  it('with a source of the name of another is told', async () => {
    pack('one', sourceCode('same'))
    pack('two', sourceCode('same'))
    await appError('plugin-invalid', () => load('one', 'two'))
  })
})

describe('a source of a plugin', () => {
  const good = { name: 'mine', settings: [], identify: async () => 'me', open: async () => ({}) }
  const deps = { caPem: undefined, signal: new AbortController().signal, warn: () => {}, trace: () => {} }
  const none = resolveSettings([], { flags: {}, env: {} })
  const spec = { key: 'myKey', variable: 'MY_KEY', help: 'Mine' }

  it.each<[string, unknown]>([
    ['no name', { ...good, name: undefined }],
    ['a name that can not be typed', { ...good, name: 'a b' }],
    ['a name that looks like a flag', { ...good, name: '--json' }],
    ...['cert', 'secret', 'keyvault', 'user'].map(
      (name) => [`the name ${name}`, { ...good, name }] as [string, unknown],
    ),
    ['no identify', { ...good, identify: 1 }],
    ['no open', { ...good, open: undefined }],
    ['no settings', { ...good, settings: undefined }],
    ['an unknown algorithm', { ...good, algorithms: ['HS256'] }],
    ['no algorithm', { ...good, algorithms: [] }],
    ['a setting without a variable', { ...good, settings: [{ ...spec, variable: undefined }] }],
    ['a setting without help', { ...good, settings: [{ ...spec, help: '' }] }],
    ['a setting named __proto__', { ...good, settings: [{ ...spec, key: '__proto__' }] }],
    ['a setting that is built in', { ...good, settings: [{ ...spec, key: 'clientId' }] }],
    ['the setting that names plugins', { ...good, settings: [{ ...spec, key: 'plugins' }] }],
    ['a setting that is no object', { ...good, settings: [7] }],
  ])('with %s is refused', async (_, source) => {
    await appError('plugin-invalid', () => adoptSource(source, 'p'))
  })

  it('has no flags: they are parsed before it is loaded', () => {
    const [setting] = adoptSource({ ...good, settings: [{ ...spec, flag: '--mine X' }] }, 'p').settings
    expect(setting).toEqual(spec)
  })

  it('identifies with its package, so that no other gets its tokens', async () => {
    expect(await adoptSource(good, 'p').identify(none, deps)).toBe('plugin:p:me')
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a number', 7],
  ])('that identifies as %s is refused', async (_, identity) => {
    const source = adoptSource({ ...good, identify: async () => identity }, 'p')
    await appError('plugin-invalid', () => source.identify(none, deps))
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no chain', { chainPem: [], origin: 'x', sign: () => {} }],
    ['no sign', { chainPem: ['x'], origin: 'x' }],
    ['no origin', { chainPem: ['x'], sign: () => {} }],
  ])('that opens %s is refused', async (_, certificate) => {
    const source = adoptSource({ ...good, open: async () => certificate }, 'p')
    await appError('plugin-invalid', () => source.open(none, deps))
  })

  it('that opens what is no certificate fails in words', async () => {
    const open = async () => ({ chainPem: ['text'], origin: 'x', sign: () => {} })
    await appError('plugin-failed', () => adoptSource({ ...good, open }, 'p').open(none, deps))
  })

  it('is not believed about the last day, nor about what a signature is', async () => {
    const pem = certificateFor(await rsaKeys(), { until: 10 })
    const notAfter = new Date('2999-01-01')
    const open = async () => ({ chainPem: [pem], origin: 'x', notAfter, sign: async () => 'signature' })
    const certificate = await adoptSource({ ...good, open }, 'p').open(none, deps)
    expect(certificate.notAfter.getTime()).toBeLessThan(notAfter.getTime())
    await appError('plugin-invalid', () => certificate.sign('PS256', Buffer.from('x')))
  })

  it('may throw an Error with a code of the table', async () => {
    const error = Object.assign(new Error('two\nlines'), { code: 'certificate-missing', hint: 'do this' })
    const source = adoptSource({ ...good, open: () => Promise.reject(error) }, 'p')
    const { message, hint } = await appError('certificate-missing', () => source.open(none, deps))
    expect({ message, hint }).toEqual({ message: 'two lines', hint: 'do this' })
  })

  it.each<[string, unknown]>([
    ['an Error', new Error('broken')],
    ['a system error', Object.assign(new Error('broken'), { code: 'ENOENT' })],
    [
      'an Error with the code of a method of Object',
      Object.assign(new Error('broken'), { code: 'toString' }),
    ],
    ['no Error', 'broken'],
    ['nothing', undefined],
  ])('that throws %s failed, which its author should know', async (_, thrown) => {
    const source = adoptSource({ ...good, open: () => Promise.reject(thrown) }, 'p')
    const { hint } = await appError('plugin-failed', () => source.open(none, deps))
    expect(hint).toContain('the author of p')
  })
})

describe('no plugin is loaded', () => {
  const mark = join(root, 'loaded')
  pack('marking', leavesMark(mark))
  const env = { TODO_CLI_HOME: join(root, 'home') }
  const named = { ...env, TODO_CLI_PROFILE: 'named' }
  const todo = async (argv: string[], variables: Record<string, string> = env) => {
    const result = await runCli(argv, { env: variables })
    expect(existsSync(mark)).toBe(false)
    return result
  }
  const profiles = (values: object) =>
    writeFileSync(join(root, 'home/profiles.json'), JSON.stringify({ profiles: { named: values } }), {
      mode: 0o600,
    })

  it.each([{}, { PLUGINS: 'marking' }, { TODO_CLI_PLUGINS: 'marking' }])(
    'where no profile names it, with the variables %j',
    async (more) => {
      expectError(
        await todo(['token', 'get', '--auth', 'other'], { ...env, ...more }),
        2,
        /no way to authenticate/,
      )
    },
  )

  it('for a flag', async () => {
    expectError(await todo(['token', 'get', '--plugins', 'marking']), 2, /unknown option/)
  })

  it.each(['secret', 'cert', 'keyvault'])('for --auth %s, though the profile names it', async (auth) => {
    profiles({ plugins: 'marking' })
    expect((await todo(['token', 'get', '--auth', auth], named)).exitCode).toBe(2)
  })

  it('to take it out of the profile', async () => {
    profiles({ plugins: 'marking' })
    expect((await todo(['config', 'unset', 'plugins'], named)).exitCode).toBe(0)
  })

  it('by sourceNamed without the plugins of a profile', async () => {
    await appError('setting-invalid', () => sourceNamed('marking'))
    await appError('setting-invalid', () => sourceNamed('marking', { folder, names: [] }))
    expect(existsSync(mark)).toBe(false)
  })

  it('but the one that the profile names is, for a name that is not built in', async () => {
    profiles({ plugins: 'marking' })
    const result = await runCli(['token', 'get', '--auth', 'other'], { env: named })
    expectError(result, 2, /exports no certificate source/)
    expect(existsSync(mark)).toBe(true)
  })
})
