/**
 * RSA signatures over a digest that someone else computed: Key Vault is sent the digest, never the data, and node:crypto
 * offers no such operation, so the encodings of RFC 8017 section 9 are written out.
 */
import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'

/** A digest: its name, its bytes, its DigestInfo (RFC 8017 section 9.2, note 1). */
interface Hash {
  readonly name: 'sha256' | 'sha384' | 'sha512'
  readonly bytes: number
  readonly info: Buffer
}

const SHA256 = hash('sha256', 32, '3031300d060960864801650304020105000420')
const SHA384 = hash('sha384', 48, '3041300d060960864801650304020205000430')
const SHA512 = hash('sha512', 64, '3051300d060960864801650304020305000440')

function hash(name: Hash['name'], bytes: number, info: string): Hash {
  return { name, bytes, info: Buffer.from(info, 'hex') }
}

export interface DigestSigner {
  /** How long the digest is. */
  readonly bytes: number
  sign(key: KeyObject, digest: Uint8Array): Buffer
}

/** By the name of RFC 7518 section 3.1. */
const SIGNERS: Readonly<Record<string, DigestSigner>> = {
  RS256: pkcs1(SHA256),
  RS384: pkcs1(SHA384),
  RS512: pkcs1(SHA512),
  PS256: pss(SHA256),
  PS384: pss(SHA384),
  PS512: pss(SHA512),
}

export const SIGNING_ALGORITHMS: readonly string[] = Object.keys(SIGNERS)

export function digestSigner(alg: unknown): DigestSigner | undefined {
  return typeof alg === 'string' && Object.hasOwn(SIGNERS, alg) ? SIGNERS[alg] : undefined
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.1). */
function pkcs1({ bytes, info }: Hash): DigestSigner {
  const padding = constants.RSA_PKCS1_PADDING
  return { bytes, sign: (key, digest) => privateEncrypt({ key, padding }, Buffer.concat([info, digest])) }
}

/** RSASSA-PSS, MGF1 with the same hash, a salt as long as it is (RFC 8017 sections 8.1.1 and 9.1.1). */
function pss(used: Hash): DigestSigner {
  const padding = constants.RSA_NO_PADDING
  return {
    bytes: used.bytes,
    sign: (key, digest) => {
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
      return privateEncrypt({ key, padding }, encodePss(used, digest, bits - 1))
    },
  }
}

function encodePss(used: Hash, digest: Uint8Array, bits: number): Buffer {
  const size = Math.ceil(bits / 8)
  const salt = randomBytes(used.bytes)
  const hashed = digestOf(used, Buffer.concat([Buffer.alloc(8), digest, salt]))
  const block = Buffer.concat([Buffer.alloc(size - 2 * used.bytes - 2), Buffer.from([1]), salt])
  const mask = mgf1(used, hashed, block.length)
  const masked = Buffer.from(block.map((byte, index) => byte ^ (mask[index] ?? 0)))
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * size - bits))
  return Buffer.concat([masked, hashed, Buffer.from([0xbc])])
}

/** RFC 8017 appendix B.2.1 */
function mgf1(used: Hash, seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / used.bytes) }, (_, counter) => {
    const suffix = Buffer.alloc(4)
    suffix.writeUInt32BE(counter)
    return digestOf(used, Buffer.concat([seed, suffix]))
  })
  return Buffer.concat(blocks).subarray(0, length)
}

function digestOf({ name }: Hash, data: Uint8Array): Buffer {
  return createHash(name).update(data).digest()
}
