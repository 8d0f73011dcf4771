/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** The word between BEGIN and the dashes, for instance `CERTIFICATE`. */
  readonly label: string
  /** The block in its plain form: LF, lines of 64 characters, the encryption headers of RFC 1421 where it has them. */
  readonly pem: string
  /** What the base64 stands for; undefined where the block is damaged. */
  readonly der: Buffer | undefined
  /** True for a block with `Proc-Type: 4,ENCRYPTED`: the form of OpenSSL before PKCS#8. */
  readonly legacyEncrypted: boolean
}

/** The blocks of a PEM file, and whether its last block has no end: the file was cut off. */
export interface PemScan {
  readonly blocks: PemBlock[]
  readonly truncated: boolean
}

const BEGIN = '-----BEGIN '
const LABEL = /[A-Z0-9#][A-Z0-9 #]{0,39}-----/y
const HEADERS = /^\s*((?:[A-Za-z-]{1,40}:[^\n]{0,200}\n)+)/

/** Finds the blocks of a PEM file, in their order. Text around them, CRLF and a byte order mark do not matter. */
export function readPemBlocks(bytes: Uint8Array): PemBlock[] {
  return scanPem(bytes).blocks
}

/**
 * Finds the blocks of a PEM file in one pass, in time that grows with its length only.
 *
 * Beyond RFC 7468 it takes what people's files and variables have: CRLF or CR, UTF-8 and UTF-16 byte order marks, lines
 * that are indented or joined by spaces, and `\n` written as two characters.
 */
export function scanPem(bytes: Uint8Array): PemScan {
  const text = textOf(bytes)
  const blocks: PemBlock[] = []
  let at = text.indexOf(BEGIN)
  while (at !== -1) {
    LABEL.lastIndex = at + BEGIN.length
    const word = LABEL.exec(text)?.[0]
    const start = at + BEGIN.length + (word?.length ?? 0)
    const stop = text.indexOf('-----', start)
    if (word !== undefined) {
      const label = word.slice(0, -5)
      const end = `-----END ${label}-----`
      if (stop === -1 || text.startsWith(BEGIN, stop)) return { blocks, truncated: true }
      if (text.length - stop < end.length && end.startsWith(text.slice(stop)))
        return { blocks, truncated: true }
      blocks.push(block(label, text.startsWith(end, stop) ? text.slice(start, stop) : ''))
    }
    at = text.indexOf(BEGIN, start)
  }
  return { blocks, truncated: false }
}

/** Writes DER as a PEM block (RFC 7468: base64 in lines of 64 characters). */
export function toPem(label: string, der: Uint8Array): string {
  return wrap(label, '', Buffer.from(der).toString('base64'))
}

function block(label: string, body: string): PemBlock {
  const headers = HEADERS.exec(body)?.[0] ?? ''
  const base64 = body.slice(headers.length).replace(/\s/g, '')
  const valid = base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64)
  return {
    label,
    pem: wrap(label, headers === '' ? '' : `${headers.trim()}\n\n`, base64),
    der: valid ? Buffer.from(base64, 'base64') : undefined,
    legacyEncrypted: headers.includes('ENCRYPTED'),
  }
}

function wrap(label: string, headers: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${headers}${lines.join('\n')}\n-----END ${label}-----\n`
}

/** PEM is ASCII. PowerShell's `>` writes UTF-16 with a byte order mark. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const utf16 = buffer[0] === 0xff && buffer[1] === 0xfe
  return buffer
    .toString(utf16 ? 'utf16le' : 'latin1')
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n')
    .replace(/\r\n?/g, '\n')
}
