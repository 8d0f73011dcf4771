/** Whether vault, Graph and API are reached (DNS, proxy, TLS), and are what they should be. No token is sent. */
import { AppError } from '../../core/errors.ts'
import { GUID } from '../auth/authority.ts'
import type { Context } from '../context.ts'
import type { HttpAnswer } from '../http.ts'
import type { Service } from '../network-error.ts'
import { VAULT_SETTINGS } from '../vault/settings.ts'
import type { Check, Finding } from './check.ts'
import type { Found } from './checks.ts'

export const vaultCheck = (context: Context): Check => ({
  name: 'vault',
  needs: ['settings'],
  async run() {
    const settings = await context.settings(VAULT_SETTINGS)
    const auth = settings.need('auth')
    if (auth !== 'keyvault') return { status: 'skip', seen: `--auth ${auth} needs no vault` }
    const url = settings.need('keyVaultUrl')
    const answer = await ask(context, 'vault', `${url}/certificates?api-version=7.4`)
    // "Bearer authorization="https://login.microsoftonline.com/<tenant id>", resource="https://vault.azure.net""
    const challenge = answer.headers['www-authenticate'] ?? ''
    const tenant = /authorization(?:_uri)?="https:\/\/[^/"]+\/([\w.-]+)/.exec(challenge)?.[1]
    if (answer.status === 403) return keptOut(url)
    if (answer.status !== 401 || tenant === undefined) {
      return {
        status: 'fail',
        seen: `what answers at ${url} is not a key vault (${answer.status})`,
        next: 'todo-cli config set keyVaultUrl https://NAME.vault.azure.net',
        code: 'vault-failed',
      }
    }
    const own = settings.get('vaultTenantId')
    if (
      own !== undefined &&
      GUID.test(own) &&
      GUID.test(tenant) &&
      own.toLowerCase() !== tenant.toLowerCase()
    ) {
      return {
        status: 'fail',
        seen: `the vault is of the tenant ${tenant}, and the identity that opens it of ${own} (${settings.from('vaultTenantId')})`,
        next: `todo-cli config set vaultTenantId ${tenant}, and an identity that this tenant knows: todo-cli config set vaultClientId ID`,
        code: 'vault-signed-out',
      }
    }
    return { status: 'ok', seen: `${url}, of the tenant ${tenant}` }
  },
})

/** Before it looks at a token, a vault refuses who does not come through its firewall. */
const keptOut = (url: string): Finding => ({
  status: 'fail',
  seen: `the firewall of the vault ${url} keeps this machine out (403)`,
  next: `let it in: az keyvault network-rule add --name ${new URL(url).hostname.split('.')[0]} --ip-address "$(curl -s https://api.ipify.org)"`,
  code: 'vault-refused',
})

/** Graph is not on the way to a todo: without it, one thing is not looked at. */
export const graphCheck = (context: Context, found: Found): Check => ({
  name: 'graph',
  needs: ['settings'],
  async run() {
    const url = (await context.settings()).need('graphUrl')
    try {
      const { status } = await ask(context, 'graph', `${url}/applications?$top=1`)
      found.graphAnswers = status === 401
      if (found.graphAnswers) return { status: 'ok', seen: url }
      return {
        status: 'warn',
        seen: `what answers at ${url} is not Microsoft Graph (${status})`,
        next: 'see the address: todo-cli config get graphUrl',
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'interrupted') throw error
      return { status: 'warn', seen: error.message, next: error.hint, code: error.code }
    }
  },
})

export const endpointCheck = (context: Context): Check => ({
  name: 'endpoint',
  needs: ['settings'],
  async run() {
    const url = (await context.settings()).need('apiEndpoint')
    const { status, headers } = await ask(context, 'api', url)
    // RFC 6750 section 3: a resource that wants a token says so.
    if (status === 401 && /^Bearer\b/i.test(headers['www-authenticate'] ?? ''))
      return { status: 'ok', seen: `${url} asks for a token` }
    if (status === 401) return { status: 'ok', seen: `${url} refuses whoever has no token` }
    if (status === 429 || status >= 500)
      return { status: 'warn', seen: `${url} answers ${status} to whoever has no token` }
    if (status >= 200 && status < 300) {
      return {
        status: 'warn',
        seen: `${url} answers without a token (${status}): either it is not the todo API, or it protects nothing`,
        next: 'see the address: todo-cli config get apiEndpoint',
      }
    }
    return {
      status: 'fail',
      seen: `what answers at ${url} is not the todo API (${status})`,
      next: 'see the address, which ends in /api/todolist: todo-cli config get apiEndpoint',
      code: 'api-answer-invalid',
    }
  },
})

const ask = async (context: Context, service: Service, url: string): Promise<HttpAnswer> =>
  (await context.http()).send(service, { method: 'GET', url, headers: { accept: 'application/json' } })
