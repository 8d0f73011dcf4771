/**
 * The contract of a certificate source (cli/auth/sources/source.ts) as tests. Every source passes it: a file, a vault,
 * and those of third parties.
 */
import { X509Certificate } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CertificateSource, SourceDeps } from '../../cli/auth/sources/source.ts'
import { resolveSettings, type SettingInputs } from '../../cli/settings.ts'
import { verifiesWith } from '../../core/certificate.ts'
import type { ErrorCode } from '../../core/errors.ts'
import { appError } from '../support/app-error.ts'

export interface SourceUnderTest {
  readonly source: CertificateSource
  /** Settings with which the source opens a certificate that is in order. */
  good(): Promise<SettingInputs> | SettingInputs
  /** Settings with which it opens another one. */
  another(): Promise<SettingInputs> | SettingInputs
  /** Settings with which it has to refuse, and the code with which it does; `setting-missing` for none is always tried. */
  refused?(): Promise<readonly Refusal[]> | readonly Refusal[]
  /** PEM of CAs that the source has to trust. */
  readonly caPem?: (() => string) | undefined
  /** How many requests the source has made so far, where it makes any. */
  requests?(): number
  /** What must not show up anywhere: private keys, passphrases, tokens. */
  secrets(): readonly string[]
}

export interface Refusal {
  readonly what: string
  readonly code: ErrorCode
  readonly inputs: SettingInputs
}

const data = Buffer.from('eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJ4In0')
const algorithms = ['PS256', 'RS256'] as const

/** Runs the contract's tests over a source. Call it in a test file; `under` is asked for when the tests run. */
export function sourceContract(name: string, under: () => SourceUnderTest): void {
  describe(`the certificate source ${name}`, () => contract(under))
}

function contract(what: () => SourceUnderTest): void {
  const lines: string[] = []
  const deps = (): SourceDeps => ({
    caPem: what().caPem?.(),
    signal: new AbortController().signal,
    warn: (line) => lines.push(line),
    trace: (line) => lines.push(line),
  })
  const settings = (inputs: SettingInputs) => resolveSettings(what().source.settings, inputs)
  const opened = async () => what().source.open(settings(await what().good()), deps())
  const leafOf = ([leaf]: readonly [string, ...string[]]) => new X509Certificate(leaf)

  describe('its settings', () => {
    it('have a name of their own each, a help text, and a way to set them', () => {
      const { settings: specs } = what().source
      expect(new Set(specs.map(({ key }) => key)).size).toBe(specs.length)
      for (const spec of specs) {
        expect(spec.help).toMatch(/^\S/)
        expect(spec.flag ?? spec.variable).toBeTruthy()
      }
    })

    it('never take a secret from the command line', () => {
      for (const { secret, flag } of what().source.settings) if (secret) expect(flag).toBeUndefined()
    })

    it('are asked for by name where they are missing', async () => {
      const none = settings({ flags: {}, env: {} })
      const { hint } = await appError('setting-missing', () => what().source.open(none, deps()))
      expect(hint).toMatch(/--|variable/)
      await appError('setting-missing', () => what().source.identify(none, deps()))
    })
  })

  describe('identify', () => {
    const identity = async (inputs: SettingInputs) => what().source.identify(settings(inputs), deps())

    it('gives one answer for one credential, and another for another', async () => {
      const good = await what().good()
      expect(await identity(good)).toBe(await identity(good))
      expect(await identity(good)).not.toBe(await identity(await what().another()))
    })

    it('makes no request, for it is asked on every run', async () => {
      const inputs = await what().good()
      const before = what().requests?.()
      await identity(inputs)
      expect(what().requests?.()).toBe(before)
    })

    it('gives no secret away', async () => {
      const answer = await identity(await what().good())
      for (const secret of what().secrets()) expect(answer).not.toContain(secret)
    })
  })

  describe('open', () => {
    it('gives the leaf first, its last day, and where it is from', async () => {
      const { chainPem, notAfter, origin } = await opened()
      expect(notAfter).toEqual(leafOf(chainPem).validToDate)
      expect(origin).not.toBe('')
      const chain = chainPem.map((pem) => new X509Certificate(pem))
      for (const [index, issuer] of chain.slice(1).entries())
        expect(chain[index]?.issuer).toBe(issuer.subject)
    })

    it('opens another certificate with other settings', async () => {
      const another = await what().source.open(settings(await what().another()), deps())
      expect(another.chainPem[0]).not.toBe((await opened()).chainPem[0])
    })

    it('asks for nothing once it was interrupted', async () => {
      const inputs = await what().good()
      const before = what().requests?.()
      const signal = AbortSignal.abort()
      if (before !== undefined)
        await appError('interrupted', () => what().source.open(settings(inputs), { ...deps(), signal }))
      expect(what().requests?.()).toBe(before)
    })

    it('shows no key, whichever way it is printed', async () => {
      const certificate = await opened()
      const printed = `${JSON.stringify(certificate)}${inspect(certificate, { depth: 9, showHidden: true })}${lines}`
      expect(printed).not.toContain('PRIVATE')
      for (const secret of what().secrets()) expect(printed).not.toContain(secret)
    })

    it('refuses what it can not sign with, with the code of the fault', async () => {
      for (const { code, inputs } of (await what().refused?.()) ?? []) {
        const error = await appError(code, () => what().source.open(settings(inputs), deps()))
        expect(error.hint).toBeTruthy()
        for (const secret of what().secrets()) expect(`${error.message} ${error.hint}`).not.toContain(secret)
      }
    })
  })

  describe.each(algorithms)('sign with %s', (alg) => {
    /** True where the source signs so; where it does not, it has to say that, and not to sign with something else. */
    const signs = async () => {
      if ((what().source.algorithms ?? algorithms).includes(alg)) return true
      const { sign } = await opened()
      const { hint } = await appError('setting-invalid', () => sign(alg, data))
      expect(hint).toContain('--assertion-alg')
      return false
    }

    it('makes a signature that the leaf verifies, over the data itself', async () => {
      if (!(await signs())) return
      const { chainPem, sign } = await opened()
      const signature = await sign(alg, data)
      expect(verifiesWith(leafOf(chainPem), alg, data, signature)).toBe(true)
      for (const other of algorithms)
        if (other !== alg) expect(verifiesWith(leafOf(chainPem), other, data, signature)).toBe(false)
    })

    it.each([0, 1, 100_000])('signs %i bytes', async (length) => {
      if (!(await signs())) return
      const { chainPem, sign } = await opened()
      const bytes = Buffer.alloc(length, 7)
      expect(verifiesWith(leafOf(chainPem), alg, bytes, await sign(alg, bytes))).toBe(true)
    })

    it('signs several at the same time, each its own', async () => {
      if (!(await signs())) return
      const { chainPem, sign } = await opened()
      const texts = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text))
      const signatures = await Promise.all(texts.map((text) => sign(alg, text)))
      for (const [index, text] of texts.entries())
        expect(verifiesWith(leafOf(chainPem), alg, text, signatures[index] ?? Buffer.alloc(0))).toBe(true)
    })
  })
}
