import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keyvault } from '../../../cli/auth/sources/keyvault.ts'
import type { CertificateSource } from '../../../cli/auth/sources/source.ts'
import { TokenCache } from '../../../cli/auth/token-cache.ts'
import { expiryWarning } from '../../../cli/expiry-warning.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../support/certificates.ts'
import { runCli } from '../../support/cli.ts'
import { withVault } from '../../support/vault.ts'

const DAY = 86_400_000
const now = new Date('2026-11-22T12:00:00Z')
const endsIn = (days: number) => ({
  origin: 'certs/daemon.pem',
  notAfter: new Date(now.getTime() + days * DAY),
})

describe('expiryWarning', () => {
  it.each([
    [29.9, 'expires in 29 days'],
    [1.5, 'expires in 1 day;'],
    [0.5, 'expires today'],
    [-0.5, 'has expired'],
  ])('of a certificate that ends in %d days says that it %s', (days, words) => {
    expect(expiryWarning(endsIn(days), now)).toContain(`the certificate certs/daemon.pem ${words}`)
  })

  it('tells the next command', () => {
    expect(expiryWarning(endsIn(3), now)).toContain('todo-cli cert create NAME')
  })

  it.each([30, 31, 365])('of one that ends in %d days says nothing', (days) => {
    expect(expiryWarning(endsIn(days), now)).toBeUndefined()
  })
})

const vault = withVault()

describe('a token that a certificate got which ends soon', () => {
  const soon = new Date(Date.now() + 5.5 * DAY)
  /** The seeded certificate, as if it ended soon. */
  const source: CertificateSource = {
    ...keyvault,
    open: async (...args) => ({ ...(await keyvault.open(...args)), notAfter: soon }),
  }
  const folder = () => join(vault().folder, 'tokens')
  const get = () => vault().tokens(source, {}, new TokenCache(folder(), vault().deps().warn)).get()
  const warnings = () => vault().lines.filter((line) => line.includes('expires'))
  beforeEach(() => {
    vault().lines.splice(0)
    vault().exchanges.splice(0)
  })

  it('warns when it is got, and when it comes out of the cache, without a request', async () => {
    await get()
    expect(warnings()).toEqual([expect.stringMatching(/^the certificate https:.+ expires in 5 days;/)])
    vault().lines.splice(0)
    vault().exchanges.splice(0)
    expect(await get()).toMatchObject({ fromCache: true })
    expect(warnings()).toHaveLength(1)
    expect(vault().exchanges).toEqual([])
  })

  it('keeps origin and last day beside the token, and nothing else of the certificate', () => {
    const [name = ''] = readdirSync(folder()).filter((each) => each.endsWith('.json'))
    const { certificate } = JSON.parse(readFileSync(join(folder(), name), 'utf8'))
    expect(certificate).toEqual({
      origin: expect.stringContaining('/certificates/'),
      notAfter: soon.toISOString(),
    })
  })

  it.each([null, 7, {}, { origin: 'x', notAfter: 'never' }, { notAfter: '2026-01-01' }])(
    'comes out of a cache that says %j of the certificate, without a warning',
    async (certificate) => {
      const [name = ''] = readdirSync(folder()).filter((each) => each.endsWith('.json'))
      const path = join(folder(), name)
      const entry = JSON.parse(readFileSync(path, 'utf8'))
      writeFileSync(path, JSON.stringify({ ...entry, certificate }))
      expect(await get()).toMatchObject({ fromCache: true })
      expect(warnings()).toEqual([])
    },
  )
})

describe('a command', () => {
  let file: string
  beforeAll(async () => {
    const keys = await rsaKeys()
    file = join(vault().folder, 'soon.pem')
    writeFileSync(file, pkcs8(keys.privateKey) + certificateFor(keys, { until: 3.5 }), { mode: 0o600 })
  })

  it('warns once of the certificate that opens the vault', async () => {
    const { stderr } = await runCli(['cert', 'show', 'vault:x'], {
      env: vault().env({ VAULT_CERTIFICATE_FILE: file }),
    })
    expect(stderr.match(/expires in 3 days/g)).toHaveLength(1)
  })
})
