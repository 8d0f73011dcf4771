import type { X509Certificate } from 'node:crypto'
import type { ProfileValues } from '../profiles.ts'

/** A certificate with what is needed to find it again. */
export interface Made {
  readonly leaf: X509Certificate
  /** In a vault. */
  readonly version?: string
}

/**
 * Where the certificate that is rotated lives: a file or a vault. Each method can be called again after it was stopped
 * half-way, and then ends in the same state.
 */
export interface Place {
  /** CERT as it is kept in the journal: an absolute path, or `vault:NAME`. */
  readonly certificate: string
  /** What a dry run says of each step, and a run of the first one when it is done. */
  readonly words: Readonly<Record<'make' | 'made' | 'change' | 'retire', string>>
  /** The certificate that is used now. */
  current(): Promise<X509Certificate>
  /** Makes the next one, with subject, key size and lifetime of the old; finds it where an earlier run made it. */
  make(old: X509Certificate, id: string): Promise<Made>
  /** After it was registered: from now on the next one can sign. */
  activate(next: Made): Promise<void>
  /** Settings that open the next one. */
  settingsOfNext(next: Made): ProfileValues
  /** Puts the next one in the place of the old, which stays at hand. Returns what of the profile has to change. */
  change(old: X509Certificate, next: Made): Promise<ProfileValues>
  /** Takes the next one back. */
  discard(next: Made | undefined): Promise<void>
  /** After the overlap: the old one goes. */
  retire(old: X509Certificate): Promise<void>
}
