/** Encrypted PKCS#8 keys (RFC 5958 section 3) under what OpenSSL 3 has no more: DES and RC2, as OpenSSL before 1.1 wrote. */
import { type KdfBudget, kdfBudget } from '../key-derivation.ts'
import { childrenOf, encode, octetsOf, parse } from './asn1.ts'
import { bmp, decrypt } from './pbe.ts'

/**
 * The PrivateKeyInfo in an EncryptedPrivateKeyInfo.
 *
 * @throws UnsupportedEncryption, or another Error where passphrase or data is wrong
 */
export function decryptPrivateKeyInfo(
  der: Uint8Array,
  passphrase: string,
  budget: KdfBudget = kdfBudget(),
): Buffer {
  const [algorithm, data] = childrenOf(parse(der))
  const tried = { bmp: bmp(passphrase), utf8: Buffer.from(passphrase, 'utf8'), budget }
  return encode(parse(decrypt(algorithm, octetsOf(data), tried), { whole: true }))
}
