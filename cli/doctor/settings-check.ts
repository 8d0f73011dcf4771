import { authorityOf } from '../auth/authority.ts'
import { clientIdOf, scopeOf } from '../auth/tokens.ts'
import { userClientOf } from '../auth/user.ts'
import type { Context } from '../context.ts'
import { proxyEnv } from '../proxy-env.ts'
import type { SettingValues } from '../settings.ts'
import type { Check } from './check.ts'

/** Every setting that a token needs is there and can be used; each with where it comes from. */
export const settingsCheck = (context: Context): Check => ({
  name: 'settings',
  needs: [],
  async run() {
    const settings = await context.settings()
    const isUser = settings.get('auth') === 'user'
    const clientId = isUser ? userClientOf(settings).clientId : clientIdOf(settings)
    settings.need('apiEndpoint')
    await context.caPem()
    const seen = [
      `--auth ${settings.need('auth')}${from(settings, 'auth')}`,
      `authority ${authorityOf(settings).url}${from(settings, 'authority', 'tenantId')}`,
      `client ${clientId}${from(settings, ...(isUser ? ['userClientId'] : []), 'clientId')}`,
      `scope ${scopeOf(settings)}${from(settings, 'scopes')}`,
      ...proxies(context),
    ]
    return { status: 'ok', seen: seen.join(', ') }
  },
})

/** Of the first of these settings that has a value. */
function from(settings: SettingValues, ...keys: string[]): string {
  const key = keys.find((each) => settings.get(each) !== undefined)
  return key === undefined ? '' : ` (${settings.from(key)})`
}

/** Host and port alone: the address may hold a password. */
function proxies({ env }: Context): string[] {
  return Object.entries(proxyEnv(env))
    .filter(([name]) => /^https_proxy$/i.test(name))
    .map(([name, address]) => `proxy ${new URL(address ?? '').host} (${name})`)
    .slice(0, 1)
}
