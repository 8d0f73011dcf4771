import { authorityOf } from '../auth/authority.ts'
import { clientIdOf, scopeOf } from '../auth/tokens.ts'
import type { Context } from '../context.ts'
import type { Check } from './check.ts'

/** Every setting that a token needs is there and can be used. */
export const settingsCheck = (context: Context): Check => ({
  name: 'settings',
  needs: [],
  async run() {
    const settings = await context.settings()
    const authority = authorityOf(settings)
    const clientId = clientIdOf(settings)
    scopeOf(settings)
    settings.need('apiEndpoint')
    const from = [...new Set(['authority', 'clientId', 'scopes', 'auth'].map((key) => settings.from(key)))]
    const sources = from.filter((each) => each !== undefined).join(', ')
    return {
      status: 'ok',
      seen: `--auth ${settings.need('auth')}, client ${clientId}, authority ${authority.url} (from ${sources})`,
    }
  },
})
