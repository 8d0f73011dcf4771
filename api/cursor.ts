import { crc32 } from 'node:zlib'
import { Problem } from './problem.ts'

/** What the pages of one listing have in common: a cursor is good for no other. */
export interface CursorScope {
  readonly owner?: string | undefined
  readonly done?: boolean | undefined
}

const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/**
 * A cursor names the last item of a page: its id, and the filters in four bytes.
 *
 * It is validated, not signed: it only says where to go on reading, and whose items may be read is decided again on
 * every page, so a forged one gives nothing that `?owner=` would not.
 */
export function writeCursor(lastId: string, scope: CursorScope): string {
  return Buffer.concat([Buffer.from(lastId.replaceAll('-', ''), 'hex'), mark(scope)]).toString('base64url')
}

/** @throws Problem `invalid_cursor` */
export function readCursor(cursor: string, scope: CursorScope): string {
  const bytes = Buffer.from(cursor, 'base64url')
  const hex = bytes.subarray(0, 16).toString('hex')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  if (bytes.length !== 20 || bytes.toString('base64url') !== cursor || !ID.test(id)) {
    throw new Problem('invalid_cursor', 'the cursor is not one of this API; begin again without it')
  }
  if (!bytes.subarray(16).equals(mark(scope))) {
    throw new Problem(
      'invalid_cursor',
      'the cursor belongs to a listing with other filters; begin again without it',
    )
  }
  return id
}

/** Tells listings apart, for honest clients; nothing rests on it. */
function mark({ owner, done }: CursorScope): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(`${owner ?? ''} ${done ?? ''}`))
  return bytes
}
