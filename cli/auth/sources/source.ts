/** The contract of a certificate source: the plugin behind `--auth NAME`. */
import type { AssertionAlgorithm, ClientCertificate } from '../../../core/certificate.ts'
import type { Agents } from '../../agents.ts'
import type { SettingSpec, SettingValues } from '../../settings.ts'

/**
 * A place where certificates come from. A source gives an operation, never a key, so that a key that can't leave a vault,
 * a smart card or an HSM fits as well as a file.
 *
 * Importing a source's module must be cheap: libraries are loaded inside `open`.
 */
export interface CertificateSource {
  /** The word after `--auth`. */
  readonly name: string
  /** The flags and variables that it adds. */
  readonly settings: readonly SettingSpec[]
  /** What it can sign with, the best first, where that is not both. */
  readonly algorithms?: readonly AssertionAlgorithm[]
  /**
   * Tells this credential from any other, for the token cache: a thumbprint, an address. No secret, and no request: it is
   * asked for on every run, the token cached or not. Throws AppError where a setting is missing or a file is bad.
   */
  identify(settings: SettingValues, deps: SourceDeps): Promise<string>
  /**
   * Opens the certificate for signing. Throws AppError: a missing setting, a bad file, an unreachable or refusing vault, an
   * expired certificate. Called only when a new token is needed.
   */
  open(settings: SettingValues, deps: SourceDeps): Promise<ClientCertificate>
}

/** What the program lends a source. */
export interface SourceDeps {
  /** PEM of CAs to trust beside the built-in ones. */
  readonly caPem: string | undefined
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, for Node's agents. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | undefined
  /** The program's own connections, with that CA and that proxy: one agent for whatever is asked in a run. */
  readonly agents?: Agents | undefined
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** One line for the user, on stderr. */
  warn(line: string): void
  /** One line for `--verbose`. */
  trace(line: string): void
}
