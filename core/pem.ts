/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** The word between BEGIN and the dashes, for instance `CERTIFICATE`. */
  readonly label: string
  /** The block with its lines as they were, its dashes included. */
  readonly pem: string
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s[\s\S]*?-----END \1-----/g

/** Finds the blocks of a PEM file, in their order. Text around them, CRLF and a byte order mark do not matter. */
export function readPemBlocks(bytes: Uint8Array): PemBlock[] {
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\n')
  return [...text.matchAll(BLOCK)].map((match) => ({ label: match[1] as string, pem: `${match[0]}\n` }))
}

/** Writes DER as a PEM block (RFC 7468: base64 in lines of 64 characters). */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
