/**
 * The development CA of one local tenant: it vouches for loopback and for the cloud names that the tenant can stand in
 * for, by critical name constraints (RFC 5280 section 4.2.1.10), and is never installed in a trust store.
 *
 * Its dates follow the machine's clock, not the tenant's: who checks them is a client.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { buildCertificate } from '../core/forge/x509.ts'
import { CLOUD_DOMAINS, serviceOfCloudHost } from './http/hosts.ts'

type Build = typeof buildCertificate

const DAY = 24 * 60 * 60 * 1000

/** What the state keeps: the leaf's certificate is made anew at each start. */
export interface DevCaKeys {
  readonly caPem: string
  readonly caKeyPem: string
  readonly leafKeyPem: string
}

export interface DevCa {
  readonly caPem: string
  /** For `localhost`, 127.0.0.1 and ::1. */
  readonly certPem: string
  readonly keyPem: string
  /** The TLS context for a cloud name (SNI), undefined for any other: then the loopback certificate is shown. */
  contextFor(hostname: string): SecureContext | undefined
}

/** Makes the certificate of a new CA. */
export function createDevCa(build: Build, caKey: KeyObject, leafKey: KeyObject): DevCaKeys {
  const caPem = build({
    subject: [{ type: 'CN', value: 'todo-cli local tenant (development only)' }],
    publicKey: createPublicKey(caKey),
    signer: { privateKey: caKey },
    ...datesFromNow(5 * 365),
    ca: true,
    keyUsage: ['keyCertSign', 'cRLSign'],
    permittedDnsNames: ['localhost', ...CLOUD_DOMAINS],
    permittedIpRanges: ['127.0.0.0/255.0.0.0', '::1'],
  })
  return { caPem, caKeyPem: pkcs8(caKey), leafKeyPem: pkcs8(leafKey) }
}

/** Opens a CA: issues the loopback leaf, and others as TLS clients ask for them. */
export function openDevCa(build: Build, { caPem, caKeyPem, leafKeyPem }: DevCaKeys): DevCa {
  const caKey = createPrivateKey(caKeyPem)
  const leafPublicKey = createPublicKey(createPrivateKey(leafKeyPem))
  const issue = (name: string, ipAddresses: string[] = []) =>
    build({
      subject: [{ type: 'CN', value: name }],
      publicKey: leafPublicKey,
      signer: { privateKey: caKey, issuer: { certificatePem: caPem } },
      ...datesFromNow(365),
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsage: ['serverAuth'],
      dnsNames: [name],
      ipAddresses,
    })
  const contexts = new Map<string, SecureContext>()
  return {
    caPem,
    certPem: issue('localhost', ['127.0.0.1', '::1']),
    keyPem: leafKeyPem,
    contextFor: (hostname) => {
      const name = hostname.toLowerCase()
      if (serviceOfCloudHost(name) === undefined) return undefined
      const known = contexts.get(name)
      if (known !== undefined) return known
      const context = createSecureContext({ cert: issue(name), key: leafKeyPem })
      if (contexts.size >= CONTEXTS_MAX) contexts.clear()
      contexts.set(name, context)
      return context
    },
  }
}

/** Anyone on this machine may ask for names; what is kept of them stays bounded. */
const CONTEXTS_MAX = 64

/** Valid from an hour ago: clocks differ. */
function datesFromNow(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { notBefore: new Date(now - DAY / 24), notAfter: new Date(now + days * DAY) }
}

/** A private key as PEM (PKCS#8). */
export function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
