/** Writes PKCS#12 files (RFC 7292) as OpenSSL 3 does. node-forge alone would write a SHA-1 MAC and plain certificates. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import {
  type Asn1,
  bmpString,
  encode,
  explicit,
  implicitOctets,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
} from './asn1.ts'
import { bmp, deriveKey, encrypt, KeyPurpose, type Passphrase } from './pbe.ts'
import { OID } from './pkcs12.ts'

export interface PfxSpec {
  /** The leaf first, in DER. */
  readonly certificates: readonly [leaf: Buffer, ...issuers: Buffer[]]
  /** PKCS#8 in DER. Without it the file holds certificates only, as Key Vault's does where a key may not leave. */
  readonly key: Buffer | undefined
  /** Empty for none: then only the file's own rights protect the key. */
  readonly passphrase: string
  /** The name that Windows and Java show. */
  readonly friendlyName: string
}

/**
 * Rounds of key derivation, for each of key, certificates and MAC: as many as Java's keytool, five times as many as
 * OpenSSL. Every command that uses the file pays for them. For an empty passphrase no number of rounds is of use.
 */
const ROUNDS = 10_000
const ROUNDS_WITHOUT_PASSPHRASE = 2048

/**
 * Writes a PKCS#12 file as OpenSSL 3 does: AES-256-CBC under PBKDF2-HMAC-SHA256 for key and certificates, and a MAC with
 * SHA-256. OpenSSL 3 reads it without `-legacy`, and so do Java from 8u301, Windows from Server 2019, and macOS from 15.
 */
export function writePfx({ certificates, key, passphrase, friendlyName }: PfxSpec): Buffer {
  const secret: Passphrase = { bmp: bmp(passphrase), utf8: Buffer.from(passphrase, 'utf8') }
  const rounds = passphrase === '' ? ROUNDS_WITHOUT_PASSPHRASE : ROUNDS
  const localKeyId = createHash('sha1').update(certificates[0]).digest()
  const own = set(
    sequence(oid(OID.friendlyName), set(bmpString(friendlyName))),
    sequence(oid(OID.localKeyId), set(octets(localKeyId))),
  )
  const keyBags = key === undefined ? [] : [keyBag(key, secret, rounds, own)]
  const certBags = certificates.map((der, index) =>
    bag(
      OID.certBag,
      sequence(oid(OID.x509Certificate), explicit(0, octets(der))),
      ...(index === 0 ? [own] : []),
    ),
  )
  const [certAlgorithm, encryptedCerts] = encrypt(encode(sequence(...certBags)), secret, rounds)
  const encryptedContent = sequence(oid(OID.data), certAlgorithm, implicitOctets(0, encryptedCerts))
  const authSafe = encode(
    sequence(
      sequence(oid(OID.encryptedData), explicit(0, sequence(integer(0), encryptedContent))),
      sequence(oid(OID.data), explicit(0, octets(encode(sequence(...keyBags))))),
    ),
  )
  return encode(
    sequence(
      integer(3),
      sequence(oid(OID.data), explicit(0, octets(authSafe))),
      macData(authSafe, secret, rounds),
    ),
  )
}

function keyBag(key: Buffer, secret: Passphrase, rounds: number, attributes: Asn1): Asn1 {
  const [algorithm, encrypted] = encrypt(key, secret, rounds)
  return bag(OID.shroudedKeyBag, sequence(algorithm, octets(encrypted)), attributes)
}

function bag(type: string, value: Asn1, ...attributes: Asn1[]): Asn1 {
  return sequence(oid(type), explicit(0, value), ...attributes)
}

function macData(authSafe: Buffer, { bmp }: Passphrase, rounds: number): Asn1 {
  const salt = randomBytes(16)
  const key = deriveKey('sha256', KeyPurpose.mac, bmp, { salt, rounds }, 32)
  const value = createHmac('sha256', key).update(authSafe).digest()
  return sequence(
    sequence(sequence(oid(OID.sha256), nothing()), octets(value)),
    octets(salt),
    integer(rounds),
  )
}
