import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { builtInSources, SOURCE_NAMES, sourceNamed } from '../../../../../cli/auth/sources/registry.ts'
import { appError } from '../../../../support/app-error.ts'

describe('the registry', () => {
  it('names what --auth takes, each by its own name', async () => {
    expect(SOURCE_NAMES).toEqual(['cert', 'keyvault'])
    for (const name of SOURCE_NAMES) expect((await sourceNamed(name)).name).toBe(name)
    expect((await builtInSources()).map(({ name }) => name)).toEqual(SOURCE_NAMES)
  })

  it.each(['', 'CERT', 'disk', 'secret', 'constructor', '__proto__', 'toString'])(
    'has none named %j',
    async (name) => {
      const { hint } = await appError('setting-invalid', () => sourceNamed(name))
      expect(hint).toBe('take one of --auth secret, --auth cert, --auth keyvault, --auth user')
    },
  )

  it('loads no Azure code to know its sources, nor to identify a vault certificate', () => {
    const script = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ resolve: (specifier, context, next) => { seen.push(specifier); return next(specifier, context) } })
      const { builtInSources } = await import(${JSON.stringify(new URL('../../../../../cli/auth/sources/registry.ts', import.meta.url).href)})
      const { resolveSettings } = await import(${JSON.stringify(new URL('../../../../../cli/settings.ts', import.meta.url).href)})
      for (const source of await builtInSources()) {
        const flags = { keyVaultUrl: 'https://v.vault.azure.net', certificateName: 'x' }
        await source.identify(resolveSettings(source.settings, { flags, env: {} }), {}).catch(() => {})
      }
      console.log(JSON.stringify(seen.filter((each) => /^@azure|node-forge|^got$/.test(each))))`
    const argv = ['--input-type=module', '--eval', script]
    expect(JSON.parse(execFileSync(process.execPath, argv, { encoding: 'utf8' }))).toEqual([])
  })
})
