/** `todo-cli/source-contract`: the contract suite for authors of plugins. See docs/certificate-sources.md. */

/** Where the values of settings come from. A plugin's come out of `env`, its variables. */
export interface SettingInputs {
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Refusal {
  readonly what: string
  /** A code of docs/errors.md. */
  readonly code: string
  readonly inputs: SettingInputs
}

export interface PluginUnderTest {
  /** What the package exports by default. */
  readonly source: unknown
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

/** Runs the contract's tests over a source. Call it in a file that vitest runs; `under` is asked for when the tests run. */
export function pluginContract(name: string, under: () => PluginUnderTest): void
