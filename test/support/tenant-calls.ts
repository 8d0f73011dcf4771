/** Calls to the tenant's services as who may make them, with one token a file. */
import type { Tenant } from '../../tenant/server.ts'
import { type Ask, accessToken, ask, type Reply } from './tenant-client.ts'

export type Call = (method: string, path: string, body?: Ask['body'], more?: Ask) => Promise<Reply>

/** The vault as the operator, in one version of its REST API. `more` may name another host, or another token. */
export function vaultCalls(tenant: () => Tenant): Call {
  const token = cached(() => accessToken(tenant(), 'https://vault.azure.net/.default', 'operator'))
  return async (method, path, body, more = {}) => {
    const url = `${tenant().vaultUrl}${path}${path.includes('?') ? '&' : '?'}api-version=7.4`
    return ask(tenant(), url, { method, token: await token(), ...(body ? { body } : {}), ...more })
  }
}

/** Graph as the operator. */
export function graphCalls(tenant: () => Tenant): Call {
  const token = cached(() => accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator'))
  return async (method, path, body, more = {}) =>
    ask(tenant(), `${tenant().graphUrl}${path}`, {
      ...{ method, token: await token() },
      ...(body ? { body } : {}),
      ...more,
    })
}

/** The admin interface. */
export function adminCalls(tenant: () => Tenant): Call {
  return (method, path, body, more = {}) =>
    ask(tenant(), tenant().adminUrl + path, {
      ...{ method, token: tenant().adminToken },
      ...(body ? { body } : {}),
      ...more,
    })
}

function cached(make: () => Promise<string>): () => Promise<string> {
  let known: Promise<string> | undefined
  return () => {
    known ??= make()
    return known
  }
}

/** What a refusal of the vault or of Graph says. */
export function refusalOf({ status, body }: Reply) {
  const { code, innererror } = body.error ?? {}
  return { status, code, ...(innererror ? { inner: innererror.code } : {}) }
}
