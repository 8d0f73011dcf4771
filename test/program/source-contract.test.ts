/** The suite as the package exports it: over a source that is nothing but what the contract asks for. */
import { constants, createHash, sign, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { certificateFor, pkcs8, rsaKeys } from '../support/certificates.ts'

type Exported = typeof import('../../scripts/source-contract.d.mts')
const exported: Exported = await import(new URL('../../dist/source-contract.mjs', import.meta.url).href)

const keys = await rsaKeys()
const pems: Readonly<Record<string, string>> = {
  one: certificateFor(keys),
  two: certificateFor(keys, { cn: 'two' }),
}

interface Values {
  need(key: string): string
}

const leafOf = (settings: Values) => {
  const pem = pems[settings.need('toyName')]
  if (pem !== undefined) return new X509Certificate(pem)
  throw Object.assign(new Error('there is no such toy'), { code: 'certificate-missing', hint: 'take one' })
}

const toy = {
  name: 'toy',
  settings: [{ key: 'toyName', variable: 'TOY_NAME', help: 'Which toy' }],
  identify: async (settings: Values) => createHash('sha256').update(leafOf(settings).raw).digest('hex'),
  open: async (settings: Values) => ({
    chainPem: [leafOf(settings).toString()],
    origin: 'toy',
    sign: async (alg: 'PS256' | 'RS256', data: Uint8Array) => {
      const padding =
        alg === 'PS256'
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
          : { padding: constants.RSA_PKCS1_PADDING }
      return sign('sha256', data, { key: keys.privateKey, ...padding })
    },
  }),
}

const inputs = (TOY_NAME: string) => ({ flags: {}, env: { TOY_NAME } })

exported.pluginContract('the toy of an author', () => ({
  source: toy,
  good: () => inputs('one'),
  another: () => inputs('two'),
  refused: () => [{ what: 'an unknown toy', code: 'certificate-missing', inputs: inputs('three') }],
  secrets: () => [pkcs8(keys.privateKey).split('\n')[5] ?? ''],
}))

it('exports the suite, and nothing else', () => {
  expect(Object.keys(exported)).toEqual(['pluginContract'])
})
