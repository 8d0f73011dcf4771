import type { Collection, Store } from '../store.ts'
import type { CertificatePolicy, ContentType } from './certificate-policy.ts'

/** A certificate by its name: its versions, its policy, what is pending. Its key and secret are made from the same. */
export interface CertificateRecord {
  /** The name, in lower case: names are one whatever their case. */
  readonly id: string
  /** As it was first written. */
  readonly name: string
  readonly policy: CertificatePolicy & {
    readonly attributes: Pick<Attributes, 'enabled' | 'created' | 'updated'>
  }
  /** Oldest first. */
  readonly versions: readonly CertificateVersion[]
  readonly pending?: PendingOperation
  readonly deleted?: Deletion
}

/** Soft delete. Dates in seconds since 1970. */
export interface Deletion {
  readonly deletedDate: number
  readonly scheduledPurgeDate: number
  /** Milliseconds since 1970: until then it is being deleted. */
  readonly readyAt: number
}

/** A certificate, and those of its issuers that came with it. */
export type ChainPem = readonly [leaf: string, ...issuers: string[]]

export interface CertificateVersion {
  /** 32 hexadecimal digits, the same for certificate, key and secret. */
  readonly version: string
  readonly chainPem: ChainPem
  readonly privateKeyPem: string
  readonly attributes: Attributes
  readonly tags: Readonly<Record<string, string>>
  /** What of the policy stays with this version, whatever becomes of the policy. */
  readonly exportable: boolean
  readonly keyUsage: readonly string[]
  readonly contentType: ContentType
}

/** Dates in seconds since 1970. */
export interface Attributes {
  readonly enabled: boolean
  readonly nbf: number
  readonly exp: number
  readonly created: number
  readonly updated: number
}

export interface PendingOperation {
  readonly requestId: string
  readonly status: 'inProgress' | 'completed' | 'cancelled'
  /** Milliseconds since 1970. */
  readonly readyAt: number
  /** PKCS#10, DER in base64. */
  readonly csr: string
  readonly privateKeyPem: string
  /** The version it becomes; the certificate has this version, disabled and without content, until then. */
  readonly version: string
  readonly enabled: boolean
  readonly tags: Readonly<Record<string, string>>
}

/** @param vault of which vault; the tenant's first where it is absent */
export function certificatesIn(store: Store, vault?: string): Collection<CertificateRecord> {
  return store.collection<CertificateRecord>(vault === undefined ? 'certificate' : `certificate@${vault}`)
}
