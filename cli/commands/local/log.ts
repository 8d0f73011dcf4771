/** The log of a tenant in the background: one JSON object a line, in a file that is kept from growing without end. */
import { copyFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

export const LOG = 'local.log'

/** What was in the log before it was begun anew. */
export const OLDER_LOG = `${LOG}.1`

/** Some 50,000 requests. */
const MAX_BYTES = 10 * 1024 * 1024

/**
 * Writes records to `stream`, which appends to the log in `stateDir`. Once that is full, what it has becomes the older log, in the
 * place of the one before, and it begins anew: both together never take more than twice `maxBytes`.
 *
 * Copied and cut, not renamed: the file is this process's standard error, which stays with the file.
 */
export function boundedLog(
  stream: { write(text: string): unknown },
  stateDir: string,
  maxBytes = MAX_BYTES,
): (record: object) => void {
  const path = join(stateDir, LOG)
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return (record) => {
    if (bytes > maxBytes) {
      beginAnew(path, join(stateDir, OLDER_LOG))
      bytes = 0
    }
    const line = `${JSON.stringify(record)}\n`
    bytes += Buffer.byteLength(line)
    stream.write(line)
  }
}

/** Where the disk is full, what was is lost; that a line can not be written must not fail the request that it tells of. */
function beginAnew(path: string, older: string): void {
  try {
    copyFileSync(path, older)
  } catch {
    // There is room once it is cut.
  }
  try {
    truncateSync(path)
  } catch {
    // Tried again when as much has been written once more.
  }
}
