/** Files that the user names: read whole, their failures told in the user's words. */
import { promises, readFileSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { AppError, systemCode } from '../core/errors.ts'

/** What the names of certificate files end in, by custom. */
export const CERTIFICATE_ENDINGS: readonly string[] = ['.pem', '.crt', '.cer', '.der', '.pfx', '.p12']

/**
 * Reads a small file at once: a command that reads two or three of them does not wait for Node's promises to be loaded. What
 * is no file, such as `<(command)`, may keep it waiting, so that Ctrl-C must get through.
 */
export async function readSmallFile(path: string): Promise<string> {
  return statSync(path).isFile() ? readFileSync(path, 'utf8') : promises.readFile(path, 'utf8')
}

/** Reads a small text file, one line break at its end removed. `what` is for the message: `the client secret`. */
export async function readTextFile(path: string, what: string): Promise<string> {
  try {
    return (await readSmallFile(path)).replace(/\r?\n$/, '')
  } catch (cause) {
    const code = systemCode(cause)
    const why = code === 'ENOENT' ? 'is not there' : code === 'EISDIR' ? 'is a folder' : 'can not be read'
    throw new AppError('file-unreadable', `the file that should hold ${what} ${why}: ${path}`, {
      hint: 'check the path',
      cause,
    })
  }
}

/** True when other users of this machine may read the file, by its mode bits. Always false on Windows. */
export async function othersMayRead(path: string): Promise<boolean> {
  return platform() !== 'win32' && (statSync(path).mode & 0o044) !== 0
}
