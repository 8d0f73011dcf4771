/** A vault on a clock that stands still until a test moves it: nothing depends on how fast the machine is. */
import { afterEach, expect } from 'vitest'
import type { Tenant } from '../../tenant/server.ts'
import { withTenant } from './tenant.ts'
import { type Call, vaultCalls } from './tenant-calls.ts'
import { askToken, assertionFields, clientAssertion } from './tenant-client.ts'

export interface TimedVault {
  readonly tenant: () => Tenant
  readonly vault: Call
  /** With a token of the clock's time: the file's first one is over after an hour. */
  readonly afterwards: Call
  /** Where the clock stands before each test. */
  readonly start: Date
  now(): Date
  later(ms: number): void
  /** A body that makes a self-signed certificate. */
  readonly self: { readonly policy: object }
  /** A body that imports one. */
  imported(): object
  newName(): string
  /** The name of one that was asked for with `body`, a moment ago. */
  issued(body?: object): Promise<string>
}

/** `word` begins the names, and is the subject. */
export function withTimedVault(word: string): TimedVault {
  // A whole second, as the vault's dates are: what is so many seconds later is never one more.
  const start = new Date(Math.floor(Date.now() / 1000) * 1000)
  let now = start
  let made = 0
  afterEach(() => {
    now = start
  })
  const tenant = withTenant({ now: () => now })
  const vault = vaultCalls(tenant)
  const afterwards: Call = async (method, path, body) => {
    const seconds = Math.floor(now.getTime() / 1000)
    const { appId, certificatePem } = tenant().operator
    const dates = { nbf: seconds, iat: seconds, exp: seconds + 600 }
    const assertion = await clientAssertion(tenant(), { clientId: appId, certificatePem, claims: dates })
    const scope = 'https://vault.azure.net/.default'
    const { body: got } = await askToken(tenant(), {
      client_id: appId,
      scope,
      ...assertionFields(assertion),
    })
    return vault(method, path, body, { token: got.access_token })
  }
  const self = { policy: { issuer: { name: 'Self' }, x509_props: { subject: `CN=${word}` } } }
  const later = (ms: number) => {
    now = new Date(now.getTime() + ms)
  }
  const newName = () => {
    made += 1
    return `${word}-${made}`
  }
  return {
    ...{ tenant, vault, afterwards, start, later, self, newName },
    now: () => now,
    imported: () => ({ value: tenant().client.certificatePem }),
    async issued(body = self) {
      const name = newName()
      expect((await vault('POST', `/certificates/${name}/create`, body)).status).toBe(202)
      later(50)
      return name
    },
  }
}
