/**
 * Encryption with a passphrase as PKCS#12 and PKCS#8 have it: the schemes of RFC 7292 appendix C (3DES, RC2), and PBES1 and
 * PBES2 of RFC 8018. node:crypto does the work; node-forge lends RC2, which OpenSSL 3 has no more.
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
import { type KdfBudget, scryptRounds, UnsupportedEncryption } from '../key-derivation.ts'
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

/** A passphrase that a file is tried with, and what the trying may cost. */
export interface TriedPassphrase extends Passphrase {
  readonly budget: KdfBudget
}

/** A passphrase as the derivation of RFC 7292 takes it. */
export const bmp = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le').swap16()

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

/** Ciphers in CBC mode by their names in OpenSSL; `des` and `rc2` are not among those of OpenSSL 3. */
type Cipher = 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc' | 'des-ede-cbc' | 'des' | 'rc2'

/** Ciphers of PBES2 (RFC 8018 appendix B.2), with key and IV length. */
const CIPHERS: ReadonlyMap<string, readonly [name: Cipher, key: number, iv: number]> = new Map([
  ['1.3.14.3.2.7', ['des', 8, 8]],
  ['1.2.840.113549.3.7', ['des-ede3-cbc', 24, 8]],
  ['2.16.840.1.101.3.4.1.2', ['aes-128-cbc', 16, 16]],
  ['2.16.840.1.101.3.4.1.22', ['aes-192-cbc', 24, 16]],
  [OID.aes256Cbc, ['aes-256-cbc', 32, 16]],
])

/** The schemes of PBES1 (RFC 8018 appendix A.3). OpenSSL before 1.1 wrote PKCS#8 under the first of them. */
const PBES1_CIPHERS: ReadonlyMap<string, readonly [name: 'des' | 'rc2', digest: string]> = new Map([
  ['1.2.840.113549.1.5.3', ['des', 'md5']],
  ['1.2.840.113549.1.5.6', ['rc2', 'md5']],
  ['1.2.840.113549.1.5.10', ['des', 'sha1']],
  ['1.2.840.113549.1.5.11', ['rc2', 'sha1']],
])

/** The schemes of PKCS#12 itself (RFC 7292 appendix C). RC4, which was never a default, is not among them. */
const PKCS12_CIPHERS: ReadonlyMap<string, readonly [name: Cipher, key: number]> = new Map([
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
export function decrypt(algorithm: Asn1 | undefined, data: Buffer, passphrase: TriedPassphrase): Buffer {
  const [scheme, parameters] = childrenOf(algorithm)
  const name = oidOf(scheme)
  if (name === OID.pbes2) return decryptPbes2(parameters, data, passphrase)
  const [saltNode, roundsNode] = childrenOf(parameters)
  const { bmp, utf8, budget } = passphrase
  const derivation = { salt: octetsOf(saltNode), rounds: roundsOf(roundsNode), budget }
  const pbes1 = PBES1_CIPHERS.get(name)
  if (pbes1 !== undefined) {
    const [cipher, digest] = pbes1
    const derived = pbkdf1(digest, utf8, derivation)
    return decryptWith(cipher, derived.subarray(0, 8), derived.subarray(8, 16), data)
  }
  const pkcs12 = PKCS12_CIPHERS.get(name)
  if (pkcs12 === undefined) throw new UnsupportedEncryption('its scheme of encryption is not known')
  const [cipher, keyLength] = pkcs12
  const key = deriveKey('sha1', KeyPurpose.encryption, bmp, derivation, keyLength)
  const iv = deriveKey('sha1', KeyPurpose.iv, bmp, derivation, 8)
  return decryptWith(cipher, key, iv, data)
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

/** What a key is derived with, beside the passphrase. */
export interface Derivation {
  readonly salt: Buffer
  readonly rounds: number
  /** Left out for a file of our own. */
  readonly budget?: KdfBudget
}

/** The key derivation of PKCS#12 (RFC 7292 appendix B.2). */
export function deriveKey(
  digest: string,
  purpose: number,
  bmp: Buffer,
  { salt, rounds, budget }: Derivation,
  length: number,
): Buffer {
  const block = digest === 'sha384' || digest === 'sha512' ? 128 : 64
  const diversifier = Buffer.alloc(block, purpose)
  const input = Buffer.concat([filled(salt, block), filled(bmp, block)])
  const chunks: Buffer[] = []
  for (let made = 0; made < length; ) {
    budget?.spend(rounds)
    let chunk = createHash(digest).update(diversifier).update(input).digest()
    for (let round = 1; round < rounds; round += 1) chunk = hash(digest, chunk, 'buffer')
    chunks.push(chunk)
    made += chunk.length
    if (made < length) addToEach(input, Buffer.alloc(block, chunk), block)
  }
  return Buffer.concat(chunks).subarray(0, length)
}

/** A number of rounds; none is one. */
export const roundsOf = (node: Asn1 | undefined): number => Math.max(1, numberOf(node))

/** PBKDF1 (RFC 8018 section 5.1), as long as its digest. */
function pbkdf1(digest: string, utf8: Buffer, { salt, rounds, budget }: Derivation): Buffer {
  budget?.spend(rounds)
  let derived = createHash(digest).update(utf8).update(salt).digest()
  for (let round = 1; round < rounds; round += 1) derived = hash(digest, derived, 'buffer')
  return derived
}

/**
 * The MAC of RFC 9579 over `data`: PBKDF2 of the passphrase in UTF-8, then HMAC.
 *
 * @param parameters PBMAC1-params (RFC 8018 appendix A.5)
 */
export function pbmac1(parameters: Asn1 | undefined, data: Buffer, passphrase: TriedPassphrase): Buffer {
  const [kdf, scheme] = childrenOf(parameters)
  const digest = PRFS.get(oidOf(childrenOf(scheme)[0]))
  if (digest === undefined) throw new UnsupportedEncryption('its HMAC is not known')
  const keyLength = childrenOf(childrenOf(kdf)[1]).slice(2).find(isInteger)
  const length = numberOf(keyLength)
  if (length < 20 || length > 64) throw new UnsupportedEncryption('its MAC has a key of an odd length')
  return createHmac(digest, derivePbes2(kdf, passphrase, length))
    .update(data)
    .digest()
}

function decryptPbes2(parameters: Asn1 | undefined, data: Buffer, passphrase: TriedPassphrase): Buffer {
  const [kdf, encryption] = childrenOf(parameters)
  const [cipherOid, iv] = childrenOf(encryption)
  const cipher = CIPHERS.get(oidOf(cipherOid))
  if (cipher === undefined) throw new UnsupportedEncryption('its cipher is not known')
  const [name, keyLength, ivLength] = cipher
  return decryptWith(name, derivePbes2(kdf, passphrase, keyLength), octetsOf(iv).subarray(0, ivLength), data)
}

function derivePbes2(kdf: Asn1 | undefined, { utf8, budget }: TriedPassphrase, length: number): Buffer {
  const [name, parameters] = childrenOf(kdf)
  const [salt, cost, ...more] = childrenOf(parameters)
  if (oidOf(name) === OID.scrypt) {
    const [r = 0, p = 0] = more.map(numberOf)
    const N = numberOf(cost)
    budget.spend(scryptRounds(N, r, p))
    if (128 * N * r > SCRYPT_MEMORY) throw new UnsupportedEncryption('scrypt would take too much memory')
    return scryptSync(utf8, octetsOf(salt), length, { N, r, p, maxmem: 2 * SCRYPT_MEMORY })
  }
  if (oidOf(name) !== OID.pbkdf2) throw new UnsupportedEncryption('its key derivation is not known')
  const prf = more.find(isSequence)
  const digest = prf === undefined ? 'sha1' : PRFS.get(oidOf(childrenOf(prf)[0]))
  if (digest === undefined) throw new UnsupportedEncryption('its HMAC is not known')
  const keyLength = more.find(isInteger)
  if (keyLength !== undefined && numberOf(keyLength) !== length) throw new Error('a key of another length')
  const rounds = roundsOf(cost)
  budget.spend(rounds)
  return pbkdf2Sync(utf8, octetsOf(salt), rounds, length, digest)
}

/** Bytes; as much as OpenSSL allows scrypt. */
const SCRYPT_MEMORY = 32 * 1024 * 1024

function decryptWith(cipher: Cipher, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  if (cipher === 'rc2') return decryptRc2(key, iv, data)
  // DES is 3DES with one key three times over, and that OpenSSL 3 still has.
  const decipher =
    cipher === 'des'
      ? createDecipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
      : createDecipheriv(cipher, key, iv)
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
  return Buffer.alloc(block * Math.ceil(bytes.length / block), bytes)
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
