/**
 * The keys that sign access tokens. At least two are published at any time: the one that signs, and the one that will
 * (a consumer that takes `keys[0]` breaks, as it does against Entra at the next rollover).
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { buildCertificate } from '../../core/forge/x509.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { Clock } from '../clock.ts'
import { pkcs8 } from '../dev-ca.ts'
import { newRsaKey } from '../rsa.ts'
import type { Document, Store } from '../store.ts'
import { encodePart } from './jws.ts'

/** Tokens live for 90 minutes at most; a retired key is served as long. In milliseconds. */
const RETIRED_FOR = 95 * 60 * 1000

const YEAR = 365 * 24 * 60 * 60 * 1000

interface StoredKey extends Document {
  readonly privateKeyPem: string
  readonly certificatePem: string
  readonly state: 'active' | 'next' | 'retired'
  /** ISO 8601; until then a retired key is published. */
  readonly servedUntil?: string
}

export interface SigningKey {
  /** Also the `x5t` of v1.0 tokens: SHA-1 of the certificate, base64url. */
  readonly kid: string
  readonly privateKey: KeyObject
  /** The header of its tokens of each version, encoded; v1.0 tokens name the key in `x5t`, too. */
  readonly headers: Readonly<Record<'1.0' | '2.0', string>>
}

export interface PublishedKey {
  readonly kid: string
  readonly publicKey: KeyObject
  readonly jwk: Readonly<Record<string, unknown>>
}

export interface KeyRing {
  active(): SigningKey
  /** Active, next, and those retired whose tokens may still live. */
  published(): PublishedKey[]
  /** The next key signs from now on. */
  rotate(): Promise<void>
}

function signingKey(key: KeyObject, build: typeof buildCertificate, state: 'active' | 'next', now: Date) {
  const certificatePem = build({
    subject: [{ type: 'CN', value: 'accounts.accesscontrol.windows.net' }],
    publicKey: createPublicKey(key),
    signer: { privateKey: key },
    notBefore: now,
    notAfter: new Date(now.getTime() + 5 * YEAR),
    keyUsage: ['digitalSignature'],
  })
  const { x5t } = thumbprintsOf(new X509Certificate(certificatePem).raw)
  return { id: x5t, privateKeyPem: pkcs8(key), certificatePem, state } satisfies StoredKey
}

/** Puts the first two keys into a new store. */
export function putSigningKeys(
  store: Store,
  [active, next]: readonly [active: KeyObject, next: KeyObject],
  build: typeof buildCertificate,
  now: Date,
  ring: RingName = 'signingKey',
): void {
  keysIn(store, ring).put(signingKey(active, build, 'active', now))
  keysIn(store, ring).put(signingKey(next, build, 'next', now))
}

/** login.microsoftonline.com's keys, and those of External ID, which are others (entra.md 2.5). */
type RingName = 'signingKey' | 'externalSigningKey'

const keysIn = (store: Store, ring: RingName = 'signingKey') => store.collection<StoredKey>(ring)

/** The keys of External ID: made when somebody first asks for them, since most tenants are never asked. */
export interface ExternalKeys {
  ring(): Promise<KeyRing>
  /** The ring, where it has keys already. */
  made(): KeyRing | undefined
}

export function openExternalKeys(store: Store, clock: Clock, build: typeof buildCertificate): ExternalKeys {
  const opened = openKeyRing(store, clock, build, 'externalSigningKey')
  const isMade = () => keysIn(store, 'externalSigningKey').all().length > 0
  let making: Promise<void> | undefined
  const make = async () => {
    const [active, next] = await Promise.all([newRsaKey(), newRsaKey()])
    store.transaction(() => putSigningKeys(store, [active, next], build, clock.now(), 'externalSigningKey'))
  }
  return {
    ring: async () => {
      if (!isMade()) {
        making ??= make().finally(() => {
          making = undefined
        })
        await making
      }
      return opened
    },
    made: () => (isMade() ? opened : undefined),
  }
}

/** The rings of an issuer. */
export interface IssuerKeys {
  readonly keys: KeyRing
  readonly externalKeys: ExternalKeys
}

/**
 * The key that signs for a realm. v1.0 tokens are those of `sts.windows.net` wherever they were asked for, so they are
 * never signed with External ID's keys.
 */
export async function signingKeyFor(
  version: '1.0' | '2.0',
  { external }: { readonly external: boolean },
  { keys, externalKeys }: IssuerKeys,
): Promise<SigningKey> {
  const ring = external && version === '2.0' ? await externalKeys.ring() : keys
  return ring.active()
}

/** The key ring of a seeded store. */
export function openKeyRing(
  store: Store,
  clock: Clock,
  build: typeof buildCertificate,
  name: RingName = 'signingKey',
): KeyRing {
  const keys = keysIn(store, name)
  const opened = new Map<string, SigningKey>()
  const publishedKeys = new Map<string, PublishedKey>()
  const stateIs = (state: StoredKey['state']) => keys.all().find((key) => key.state === state)
  let rotating: Promise<void> | undefined

  const rotate = async () => {
    const next = signingKey(await newRsaKey(), build, 'next', clock.now())
    store.transaction(() => {
      const servedUntil = new Date(clock.now().getTime() + RETIRED_FOR).toISOString()
      for (const key of keys.all()) {
        if (key.state === 'active') keys.put({ ...key, state: 'retired', servedUntil })
        else if (key.state === 'next') keys.put({ ...key, state: 'active' })
        else if (isOver(key, clock.now())) keys.delete(key.id)
      }
      keys.put(next)
    })
  }

  return {
    active: () => {
      const key = stateIs('active')
      if (key === undefined) throw new Error('the key ring has no active key')
      return remembered(opened, key.id, () => ({
        kid: key.id,
        privateKey: createPrivateKey(key.privateKeyPem),
        headers: { '1.0': tokenHeader(key.id, { x5t: key.id }), '2.0': tokenHeader(key.id) },
      }))
    },
    published: () =>
      keys
        .all()
        .filter((key) => !isOver(key, clock.now()))
        .map((key) => remembered(publishedKeys, key.id, () => publish(key))),
    rotate: () => {
      rotating ??= rotate().finally(() => {
        rotating = undefined
      })
      return rotating
    },
  }
}

function tokenHeader(kid: string, more: object = {}): string {
  return encodePart({ typ: 'JWT', alg: 'RS256', kid, ...more })
}

function isOver({ servedUntil }: StoredKey, now: Date): boolean {
  return servedUntil !== undefined && now.toISOString() > servedUntil
}

function publish({ id, certificatePem }: StoredKey): PublishedKey {
  const certificate = new X509Certificate(certificatePem)
  const { kty, n, e } = certificate.publicKey.export({ format: 'jwk' })
  // No `alg`: Entra's documents have none.
  const jwk = { kty, use: 'sig', kid: id, x5t: id, n, e, x5c: [certificate.raw.toString('base64')] }
  return { kid: id, publicKey: certificate.publicKey, jwk }
}

function remembered<T>(cache: Map<string, T>, id: string, make: () => T): T {
  const known = cache.get(id)
  if (known !== undefined) return known
  const made = make()
  cache.set(id, made)
  return made
}
