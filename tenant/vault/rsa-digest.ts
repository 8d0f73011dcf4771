/**
 * RSA signatures over a digest that someone else computed: Key Vault is sent the SHA-256 digest, never the data, and
 * node:crypto offers no such operation, so the encodings of RFC 8017 section 9 are written out.
 */
import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'

/** DigestInfo of SHA-256 (RFC 8017 section 9.2, note 1). */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

const HASH = 32

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.1). */
export function signDigestRs256(key: KeyObject, digest: Uint8Array): Buffer {
  return privateEncrypt(
    { key, padding: constants.RSA_PKCS1_PADDING },
    Buffer.concat([SHA256_DIGEST_INFO, digest]),
  )
}

/** RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017 sections 8.1.1 and 9.1.1). */
export function signDigestPs256(key: KeyObject, digest: Uint8Array): Buffer {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const encoded = encodePss(digest, bits - 1)
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
}

function encodePss(digest: Uint8Array, bits: number): Buffer {
  const size = Math.ceil(bits / 8)
  const salt = randomBytes(HASH)
  const hash = sha256(Buffer.concat([Buffer.alloc(8), digest, salt]))
  const block = Buffer.concat([Buffer.alloc(size - 2 * HASH - 2), Buffer.from([1]), salt])
  const mask = mgf1(hash, block.length)
  const masked = Buffer.from(block.map((byte, index) => byte ^ (mask[index] ?? 0)))
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * size - bits))
  return Buffer.concat([masked, hash, Buffer.from([0xbc])])
}

/** RFC 8017 appendix B.2.1 */
function mgf1(seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / HASH) }, (_, counter) => {
    const suffix = Buffer.alloc(4)
    suffix.writeUInt32BE(counter)
    return sha256(Buffer.concat([seed, suffix]))
  })
  return Buffer.concat(blocks).subarray(0, length)
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}
