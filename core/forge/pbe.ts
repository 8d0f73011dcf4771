/**
 * Encryption with a passphrase as PKCS#12 files have it: the schemes of RFC 7292 appendix C (3DES, RC2), and PBES2 of
 * RFC 8018. node:crypto does the work; node-forge lends RC2, which OpenSSL 3 has no more.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hash,
  pbkdf2Sync,
  randomBytes,
  scryptSync,
} from 'node:crypto'
import forge from 'node-forge'
import { KDF_ROUNDS_MAX } from '../private-key.ts'
import {
  type Asn1,
  childrenOf,
  integer,
  isInteger,
  isSequence,
  nothing,
  numberOf,
  octets,
  octetsOf,
  oid,
  oidOf,
  sequence,
} from './asn1.ts'

/** A passphrase in the two forms that key derivations take. */
export interface Passphrase {
  /** For PKCS#12's own derivation: UTF-16, high byte first, with two zero bytes at its end (RFC 7292 appendix B.1). */
  readonly bmp: Buffer
  /** For PBES2: UTF-8. */
  readonly utf8: Buffer
}

/** An algorithm or a cost that this program does not follow. */
export class UnsupportedEncryption extends Error {}

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/** HMACs of PBKDF2 (RFC 8018 appendix B.1.2). */
const PRFS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  [OID.hmacSha256, 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])

/** Ciphers of PBES2 (RFC 8018 appendix B.2) by their names in OpenSSL, with key and IV length. */
const CIPHERS: ReadonlyMap<string, readonly [name: string, key: number, iv: number]> = new Map([
  ['1.2.840.113549.3.7', ['des-ede3-cbc', 24, 8]],
  ['2.16.840.1.101.3.4.1.2', ['aes-128-cbc', 16, 16]],
  ['2.16.840.1.101.3.4.1.22', ['aes-192-cbc', 24, 16]],
  [OID.aes256Cbc, ['aes-256-cbc', 32, 16]],
])

/** The schemes of PKCS#12 itself (RFC 7292 appendix C). RC4, which was never a default, is not among them. */
const PKCS12_CIPHERS: ReadonlyMap<
  string,
  readonly [name: 'des-ede3-cbc' | 'des-ede-cbc' | 'rc2', key: number]
> = new Map([
  ['1.2.840.113549.1.12.1.3', ['des-ede3-cbc', 24]],
  ['1.2.840.113549.1.12.1.4', ['des-ede-cbc', 16]],
  ['1.2.840.113549.1.12.1.5', ['rc2', 16]],
  ['1.2.840.113549.1.12.1.6', ['rc2', 5]],
])

/**
 * Decrypts `data` as its AlgorithmIdentifier says.
 *
 * @throws UnsupportedEncryption, or another Error where passphrase or data is wrong
 */
export function decrypt(algorithm: Asn1 | undefined, data: Buffer, passphrase: Passphrase): Buffer {
  const [scheme, parameters] = childrenOf(algorithm)
  const name = oidOf(scheme)
  return name === OID.pbes2
    ? decryptPbes2(parameters, data, passphrase)
    : decryptPkcs12(name, parameters, data, passphrase)
}

/** Encrypts with AES-256-CBC under PBKDF2-HMAC-SHA256. Returns the AlgorithmIdentifier and the data. */
export function encrypt(
  data: Uint8Array,
  passphrase: Passphrase,
  rounds: number,
): [algorithm: Asn1, data: Buffer] {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const key = pbkdf2Sync(passphrase.utf8, salt, rounds, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const prf = sequence(oid(OID.hmacSha256), nothing())
  const kdf = sequence(oid(OID.pbkdf2), sequence(octets(salt), integer(rounds), prf))
  const algorithm = sequence(oid(OID.pbes2), sequence(kdf, sequence(oid(OID.aes256Cbc), octets(iv))))
  return [algorithm, Buffer.concat([cipher.update(data), cipher.final()])]
}

/** What a key derived by {@link deriveKey} is for (RFC 7292 appendix B.3). */
export const KeyPurpose = { encryption: 1, iv: 2, mac: 3 } as const

/** The key derivation of PKCS#12 (RFC 7292 appendix B.2). */
export function deriveKey(
  digest: string,
  purpose: number,
  bmp: Buffer,
  salt: Buffer,
  rounds: number,
  length: number,
): Buffer {
  const block = digest === 'sha384' || digest === 'sha512' ? 128 : 64
  const diversifier = Buffer.alloc(block, purpose)
  const input = Buffer.concat([filled(salt, block), filled(bmp, block)])
  const chunks: Buffer[] = []
  for (let made = 0; made < length; ) {
    let chunk = createHash(digest).update(diversifier).update(input).digest()
    for (let round = 1; round < rounds; round += 1) chunk = hash(digest, chunk, 'buffer')
    chunks.push(chunk)
    made += chunk.length
    if (made < length) addToEach(input, Buffer.alloc(block, chunk), block)
  }
  return Buffer.concat(chunks).subarray(0, length)
}

/** Refuses more rounds than any honest file has: see {@link KDF_ROUNDS_MAX}. */
export function modestRounds(node: Asn1 | undefined): number {
  const rounds = numberOf(node)
  if (rounds > KDF_ROUNDS_MAX) throw new UnsupportedEncryption('too many rounds')
  return Math.max(1, rounds)
}

/**
 * The MAC of RFC 9579 over `data`: PBKDF2 of the passphrase in UTF-8, then HMAC.
 *
 * @param parameters PBMAC1-params (RFC 8018 appendix A.5)
 */
export function pbmac1(parameters: Asn1 | undefined, data: Buffer, { utf8 }: Passphrase): Buffer {
  const [kdf, scheme] = childrenOf(parameters)
  const digest = PRFS.get(oidOf(childrenOf(scheme)[0]))
  if (digest === undefined) throw new UnsupportedEncryption('HMAC')
  const keyLength = childrenOf(childrenOf(kdf)[1]).slice(2).find(isInteger)
  const length = numberOf(keyLength)
  if (length < 20 || length > 64) throw new UnsupportedEncryption('key length')
  return createHmac(digest, derivePbes2(kdf, utf8, length))
    .update(data)
    .digest()
}

function decryptPbes2(parameters: Asn1 | undefined, data: Buffer, { utf8 }: Passphrase): Buffer {
  const [kdf, encryption] = childrenOf(parameters)
  const [cipherOid, iv] = childrenOf(encryption)
  const cipher = CIPHERS.get(oidOf(cipherOid))
  if (cipher === undefined) throw new UnsupportedEncryption('cipher')
  const [name, keyLength, ivLength] = cipher
  const decipher = createDecipheriv(
    name,
    derivePbes2(kdf, utf8, keyLength),
    octetsOf(iv).subarray(0, ivLength),
  )
  return Buffer.concat([decipher.update(data), decipher.final()])
}

function derivePbes2(kdf: Asn1 | undefined, utf8: Buffer, length: number): Buffer {
  const [name, parameters] = childrenOf(kdf)
  const [salt, cost, ...more] = childrenOf(parameters)
  if (oidOf(name) === OID.scrypt) {
    const [blockSize, parallelization] = more.map(numberOf)
    const options = {
      N: numberOf(cost),
      r: blockSize ?? 0,
      p: parallelization ?? 0,
      maxmem: 64 * 1024 * 1024,
    }
    if (options.p > 64) throw new UnsupportedEncryption('scrypt cost')
    return scryptSync(utf8, octetsOf(salt), length, options)
  }
  if (oidOf(name) !== OID.pbkdf2) throw new UnsupportedEncryption('key derivation')
  const prf = more.find(isSequence)
  const digest = prf === undefined ? 'sha1' : PRFS.get(oidOf(childrenOf(prf)[0]))
  if (digest === undefined) throw new UnsupportedEncryption('HMAC')
  const keyLength = more.find(isInteger)
  if (keyLength !== undefined && numberOf(keyLength) !== length) throw new Error('a key of another length')
  return pbkdf2Sync(utf8, octetsOf(salt), modestRounds(cost), length, digest)
}

function decryptPkcs12(
  scheme: string,
  parameters: Asn1 | undefined,
  data: Buffer,
  { bmp }: Passphrase,
): Buffer {
  const cipher = PKCS12_CIPHERS.get(scheme)
  if (cipher === undefined) throw new UnsupportedEncryption('scheme')
  const [name, keyLength] = cipher
  const [saltNode, roundsNode] = childrenOf(parameters)
  const [salt, rounds] = [octetsOf(saltNode), modestRounds(roundsNode)]
  const key = deriveKey('sha1', KeyPurpose.encryption, bmp, salt, rounds, keyLength)
  const iv = deriveKey('sha1', KeyPurpose.iv, bmp, salt, rounds, 8)
  if (name === 'rc2') return decryptRc2(key, iv, data)
  const decipher = createDecipheriv(name, key, iv)
  return Buffer.concat([decipher.update(data), decipher.final()])
}

function decryptRc2(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const decipher = forge.rc2.createDecryptionCipher(key.toString('latin1'), key.length * 8)
  decipher.start(iv.toString('latin1') as never)
  decipher.update(forge.util.createBuffer(data.toString('latin1')))
  if (!decipher.finish()) throw new Error('bad padding')
  return Buffer.from((decipher.output as forge.util.ByteStringBuffer).getBytes(), 'latin1')
}

/** `bytes` repeated up to a whole number of blocks; nothing stays nothing. */
function filled(bytes: Buffer, block: number): Buffer {
  const length = block * Math.ceil(bytes.length / block)
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes)
}

/** Adds `addend` + 1 to each block of `input`, each taken as one number (RFC 7292 appendix B.2, step 6C). */
function addToEach(input: Buffer, addend: Buffer, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1
    for (let at = block - 1; at >= 0; at -= 1) {
      carry += (input[start + at] ?? 0) + (addend[at] ?? 0)
      input[start + at] = carry & 0xff
      carry >>= 8
    }
  }
}
