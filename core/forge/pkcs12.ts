/**
 * PKCS#12 files (RFC 7292), also called PFX: certificates and a private key under one passphrase.
 *
 * Loaded with `await import()` only, where there is such a file: it brings node-forge along.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type KdfBudget, kdfBudget, UnsupportedEncryption } from '../key-derivation.ts'
import {
  encryptionUnsupported,
  type OpenOptions,
  passphraseMissing,
  passphraseWrong,
} from '../private-key.ts'
import {
  type Asn1,
  childrenOf,
  encode,
  explicitOf,
  isSequence,
  isTagged,
  numberOf,
  octetsOf,
  oidOf,
  parse,
} from './asn1.ts'
import { bmp, decrypt, deriveKey, KeyPurpose, pbmac1, roundsOf, type TriedPassphrase } from './pbe.ts'

/** What a PKCS#12 file holds, as DER. */
export interface PfxContent {
  readonly certificates: readonly Buffer[]
  /** PKCS#8, decrypted. */
  readonly keys: readonly Buffer[]
}

/** @internal Object identifiers of RFC 7292, its appendices, and PKCS#9. */
export const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha256: '2.16.840.1.101.3.4.2.1',
  /** RFC 9579. */
  pbmac1: '1.2.840.113549.1.5.14',
} as const

/** Digests of the MAC, by their OIDs. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  [OID.sha256, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/** Safes inside of safes are allowed; more than this is an attack. */
const DEPTH_MAX = 8

/**
 * Reads a PKCS#12 file: its MAC is verified first, then what is encrypted is decrypted. Where no passphrase was given the
 * empty one is tried, which Key Vault and many tools write.
 *
 * @throws AppError `certificate-passphrase-missing`, `certificate-passphrase-wrong`, `certificate-malformed`,
 * `certificate-encryption-unsupported`
 */
export function readPfx(bytes: Uint8Array, options: OpenOptions): PfxContent {
  const { origin, passphrase, budget = kdfBudget() } = options
  let verified = false
  try {
    // A file without a passphrase opens whatever was given, as a PEM file whose key is not encrypted does.
    const candidates = [...(passphrase ? spellings(passphrase, budget) : []), ...spellings('', budget)]
    const { mac, authSafe } = readOuter(bytes)
    const fitting = mac && candidates.find((candidate) => macFits(mac, authSafe, candidate))
    if (mac && fitting === undefined)
      throw passphrase === undefined ? passphraseMissing(options) : passphraseWrong(options)
    verified = mac !== undefined
    return firstThatWorks(fitting ? [fitting] : candidates, (candidate) => {
      const content = { certificates: [] as Buffer[], keys: [] as Buffer[] }
      for (const safe of childrenOf(parse(authSafe))) addSafe(safe, candidate, content)
      return content
    })
  } catch (error) {
    if (error instanceof AppError) throw error
    if (error instanceof UnsupportedEncryption) throw encryptionUnsupported(origin, error)
    // Without a MAC nothing but failing tells a wrong passphrase.
    if (!verified && error instanceof DecryptionFailed)
      throw passphrase === undefined ? passphraseMissing(options) : passphraseWrong(options, error)
    throw new AppError('certificate-malformed', `the PFX file ${origin} is damaged`, {
      hint: 'export it again from where it came from',
      cause: error,
    })
  }
}

class DecryptionFailed extends Error {}

interface Outer {
  readonly authSafe: Buffer
  readonly mac?: Mac
}

interface Mac {
  readonly value: Buffer
  /** The MAC of `data` under a passphrase. */
  over(data: Buffer, passphrase: TriedPassphrase): Buffer
}

/** PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, macData MacData OPTIONAL } */
function readOuter(bytes: Uint8Array): Outer {
  const [version, contentInfo, macData] = childrenOf(parse(bytes))
  if (numberOf(version) !== 3) throw new Error('not version 3')
  const [type, content] = childrenOf(contentInfo)
  if (oidOf(type) !== OID.data) throw new UnsupportedEncryption('it is signed, not under a passphrase')
  const authSafe = octetsOf(explicitOf(content, 0))
  return macData === undefined ? { authSafe } : { authSafe, mac: readMac(macData) }
}

/** MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 } */
function readMac(macData: Asn1): Mac {
  const [digestInfo, saltNode, roundsNode] = childrenOf(macData)
  const [algorithm, valueNode] = childrenOf(digestInfo)
  const [name, parameters] = childrenOf(algorithm)
  const value = octetsOf(valueNode)
  if (oidOf(name) === OID.pbmac1) return { value, over: (data, secret) => pbmac1(parameters, data, secret) }
  const digest = DIGESTS.get(oidOf(name))
  if (digest === undefined) throw new UnsupportedEncryption('its MAC is not known')
  const [salt, rounds] = [octetsOf(saltNode), roundsNode === undefined ? 1 : roundsOf(roundsNode)]
  const length = createHash(digest).digest().length
  return {
    value,
    over: (data, { bmp, budget }) =>
      createHmac(digest, deriveKey(digest, KeyPurpose.mac, bmp, { salt, rounds, budget }, length))
        .update(data)
        .digest(),
  }
}

function macFits(mac: Mac, data: Buffer, passphrase: TriedPassphrase): boolean {
  const expected = mac.over(data, passphrase)
  return expected.length === mac.value.length && timingSafeEqual(expected, mac.value)
}

/**
 * The ways in which programs turn a passphrase into bytes. No passphrase is either nothing at all or a terminating zero;
 * OpenSSL before 1.1 took each byte of UTF-8 for a character.
 */
function spellings(passphrase: string, budget: KdfBudget): TriedPassphrase[] {
  const utf8 = Buffer.from(passphrase, 'utf8')
  const standard = { bmp: bmp(passphrase), utf8, budget }
  if (passphrase === '') return [standard, { bmp: Buffer.alloc(0), utf8, budget }]
  const bytewise = { bmp: bmp(utf8.toString('latin1')), utf8, budget }
  return bytewise.bmp.equals(standard.bmp) ? [standard] : [standard, bytewise]
}

function firstThatWorks<T>(
  candidates: readonly TriedPassphrase[],
  read: (candidate: TriedPassphrase) => T,
): T {
  const [candidate, ...more] = candidates
  if (candidate === undefined) throw new Error('no candidate')
  try {
    return read(candidate)
  } catch (error) {
    if (more.length === 0) throw error
    return firstThatWorks(more, read)
  }
}

interface Found {
  readonly certificates: Buffer[]
  readonly keys: Buffer[]
}

/** ContentInfo ::= SEQUENCE { contentType OID, content [0] EXPLICIT ANY }: a safe, encrypted or not. */
function addSafe(contentInfo: Asn1, passphrase: TriedPassphrase, found: Found): void {
  const [type, content] = childrenOf(contentInfo)
  const name = oidOf(type)
  if (name === OID.data) {
    addBags(parse(octetsOf(explicitOf(content, 0))), passphrase, found, 0)
    return
  }
  if (name !== OID.encryptedData) throw new UnsupportedEncryption('it is encrypted for a public key')
  const [, encrypted] = childrenOf(explicitOf(content, 0))
  const [, algorithm, data] = childrenOf(encrypted)
  if (!isTagged(data, 0)) throw new Error('no encrypted content')
  addBags(parsed(decrypted(algorithm, octetsOf(data), passphrase)), passphrase, found, 0)
}

/** SafeBag ::= SEQUENCE { bagId OID, bagValue [0] EXPLICIT ANY, bagAttributes SET OPTIONAL } */
function addBags(bags: Asn1, passphrase: TriedPassphrase, found: Found, depth: number): void {
  if (depth > DEPTH_MAX) throw new Error('too deep')
  for (const bag of childrenOf(bags)) {
    const [type, tagged] = childrenOf(bag)
    const value = explicitOf(tagged, 0)
    switch (oidOf(type)) {
      case OID.keyBag:
        found.keys.push(encode(value))
        break
      case OID.shroudedKeyBag: {
        const [algorithm, data] = childrenOf(value)
        const key = decrypted(algorithm, octetsOf(data), passphrase)
        parsed(key)
        found.keys.push(key)
        break
      }
      case OID.certBag: {
        const [kind, certificate] = childrenOf(value)
        if (oidOf(kind) === OID.x509Certificate) found.certificates.push(octetsOf(explicitOf(certificate, 0)))
        break
      }
      case OID.safeContentsBag:
        addBags(value, passphrase, found, depth + 1)
    }
  }
}

function decrypted(algorithm: Asn1 | undefined, data: Buffer, passphrase: TriedPassphrase): Buffer {
  try {
    return decrypt(algorithm, data, passphrase)
  } catch (cause) {
    throw cause instanceof UnsupportedEncryption ? cause : new DecryptionFailed('decryption', { cause })
  }
}

/** One wrong passphrase in about 250 gives bytes whose padding looks right; they are no whole SEQUENCE then. */
function parsed(bytes: Buffer): Asn1 {
  try {
    const node = parse(bytes, { whole: true })
    if (isSequence(node)) return node
  } catch (cause) {
    throw new DecryptionFailed('no ASN.1', { cause })
  }
  throw new DecryptionFailed('no SEQUENCE')
}
