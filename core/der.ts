/** One element of DER (X.690): where it starts, where its content does, and where it ends. */
export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** Bytes of the whole element, its tag and length included. */
  readonly size: number
}

/** The tags that this program looks at (X.680). */
export const DerTag = { INTEGER: 0x02, OCTET_STRING: 0x04, OID: 0x06, SEQUENCE: 0x30 } as const

/**
 * Reads the tag and length at the start of `bytes`. Returns undefined where it is no DER (lengths above 4 GB and the
 * indefinite length included); `complete` is false where `bytes` end before the element does.
 */
export function readDerHeader(
  bytes: Uint8Array,
): { tag: number; header: number; length: number; complete: boolean } | undefined {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || count > 4 || bytes.length < 2 + count) return undefined
  const length = count === 0 ? first : bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  const header = 2 + count
  return { tag, header, length, complete: bytes.length >= header + length }
}

/** Reads the element at the start of `bytes`. Returns undefined where it is no DER, or cut off. */
export function readDer(bytes: Uint8Array): DerElement | undefined {
  const at = readDerHeader(bytes)
  if (!at?.complete) return undefined
  const size = at.header + at.length
  return { tag: at.tag, content: Buffer.from(bytes.subarray(at.header, size)), size }
}

/** The elements inside a constructed one, in their order. Returns undefined where one of them is no DER. */
export function readDerChildren(content: Uint8Array): DerElement[] | undefined {
  const children: DerElement[] = []
  for (let at = 0; at < content.length; ) {
    const child = readDer(content.subarray(at))
    if (child === undefined) return undefined
    children.push(child)
    at += child.size
  }
  return children
}

/** A non-negative INTEGER as a number; undefined where it is no integer, or above 2^48. */
export function derNumber(element: DerElement | undefined): number | undefined {
  if (element?.tag !== DerTag.INTEGER || element.content.length === 0 || element.content.length > 6)
    return undefined
  return element.content.readIntBE(0, element.content.length)
}
