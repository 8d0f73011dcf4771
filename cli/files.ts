/** Files that the user names: read whole, their failures told in the user's words. */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { platform } from 'node:os'
import { CERTIFICATE_FILE_MAX } from '../core/certificate.ts'
import { AppError, systemCode } from '../core/errors.ts'

/** What the names of certificate files end in, by custom. */
export const CERTIFICATE_ENDINGS: readonly string[] = ['.pem', '.crt', '.cer', '.der', '.pfx', '.p12']

/**
 * Reads a certificate file, or what stands for one (`<(command)`): no more than the loader takes, whatever it is.
 *
 * @throws AppError `certificate-missing`, `certificate-unreadable`, `certificate-too-large`
 */
export async function readCertificateFile(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of createReadStream(path, { end: CERTIFICATE_FILE_MAX })) chunks.push(chunk)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  const bytes = Buffer.concat(chunks)
  if (bytes.length <= CERTIFICATE_FILE_MAX) return bytes
  throw new AppError('certificate-too-large', `${path} is larger than 1 MB, so it is no certificate file`, {
    hint: 'name the file that has the certificate and its private key',
  })
}

function unreadable(path: string, cause: unknown): AppError {
  const code = systemCode(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('certificate-missing', `there is no file ${path}`, {
      hint: 'check the path, or create a certificate: todo-cli cert create NAME',
      cause,
    })
  }
  const why =
    code === 'EISDIR'
      ? 'is a folder, not a file'
      : code === 'EACCES'
        ? 'may not be read by you'
        : 'can not be read'
  return new AppError('certificate-unreadable', `${path} ${why}`, {
    hint: 'name a file, for instance certs/daemon.pem',
    cause,
  })
}

/** Reads a small text file, one line break at its end removed. `what` is for the message: `the client secret`. */
export async function readTextFile(path: string, what: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
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
  return platform() !== 'win32' && ((await stat(path)).mode & 0o044) !== 0
}
