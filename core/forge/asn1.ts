/**
 * ASN.1 for PKCS#12, over node-forge: it reads BER too, with indefinite lengths and strings in pieces, which Firefox, macOS
 * and Java write. Every function throws a plain Error where the data is not what was asked for; the caller translates.
 */
import forge from 'node-forge'

const { asn1 } = forge
const { Class, Type } = asn1

export type Asn1 = forge.asn1.Asn1

/** Reads the first element of `bytes`. What follows it does not matter, unless it has to be the whole. */
export function parse(bytes: Uint8Array, { whole = false } = {}): Asn1 {
  const options = { strict: true, parseAllBytes: whole, decodeBitStrings: false }
  return asn1.fromDer(forge.util.createBuffer(binary(bytes)), options as never)
}

export function encode(node: Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1')
}

/** The elements of a SEQUENCE, a SET or a context tag. */
export function childrenOf(node: Asn1 | undefined): Asn1[] {
  if (node === undefined || !Array.isArray(node.value)) throw new Error('not constructed')
  return node.value
}

export function oidOf(node: Asn1 | undefined): string {
  if (node?.type !== Type.OID || typeof node.value !== 'string') throw new Error('not an OID')
  return asn1.derToOid(node.value)
}

/** A non-negative INTEGER below 2^47. */
export function numberOf(node: Asn1 | undefined): number {
  if (node?.type !== Type.INTEGER || typeof node.value !== 'string') throw new Error('not an INTEGER')
  const bytes = Buffer.from(node.value, 'latin1')
  // It throws for lengths other than 1 to 6.
  const number = bytes.readIntBE(0, bytes.length)
  if (number < 0) throw new Error('a negative INTEGER')
  return number
}

/** The bytes of an OCTET STRING, or of one under an implicit tag, its pieces put together. */
export function octetsOf(node: Asn1 | undefined): Buffer {
  if (node === undefined) throw new Error('no OCTET STRING')
  if (Array.isArray(node.value)) return Buffer.concat(node.value.map(octetsOf))
  return Buffer.from(node.value, 'latin1')
}

/** The content of an explicit context tag. */
export function explicitOf(node: Asn1 | undefined, tag: number): Asn1 {
  const [content] = isTagged(node, tag) ? childrenOf(node) : []
  if (content === undefined) throw new Error('not the context tag')
  return content
}

export function isTagged(node: Asn1 | undefined, tag: number): node is Asn1 {
  return node?.tagClass === Class.CONTEXT_SPECIFIC && node.type === (tag as unknown)
}

export const isSequence = (node: Asn1 | undefined): node is Asn1 =>
  node?.tagClass === Class.UNIVERSAL && node.type === Type.SEQUENCE && node.constructed

export const isInteger = (node: Asn1 | undefined): node is Asn1 =>
  node?.tagClass === Class.UNIVERSAL && node.type === Type.INTEGER

export const sequence = (...children: Asn1[]): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, children)
export const set = (...children: Asn1[]): Asn1 => asn1.create(Class.UNIVERSAL, Type.SET, true, children)
export const nothing = (): Asn1 => asn1.create(Class.UNIVERSAL, Type.NULL, false, '')
export const oid = (dotted: string): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted).getBytes())
export const integer = (value: number): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes())
export const octets = (bytes: Uint8Array): Asn1 =>
  asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, binary(bytes))
/** forge writes each character of it as two bytes. */
export const bmpString = (text: string): Asn1 => asn1.create(Class.UNIVERSAL, Type.BMPSTRING, false, text)
export const explicit = (tag: number, content: Asn1): Asn1 =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag as never, true, [content])
export const implicitOctets = (tag: number, bytes: Uint8Array): Asn1 =>
  asn1.create(Class.CONTEXT_SPECIFIC, tag as never, false, binary(bytes))

/** forge keeps bytes as text with one character for each. */
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
