import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { CERTIFICATE_FILE_MAX } from '../core/certificate.ts'
import { AppError, systemCode } from '../core/errors.ts'

/**
 * Reads a certificate file, or what stands for one (`<(command)`): no more than the loader takes, whatever it is.
 *
 * @throws AppError `certificate-missing`, `certificate-unreadable`, `certificate-too-large`
 */
export async function readCertificateFile(path: string): Promise<Buffer> {
  let bytes: Buffer
  try {
    const stat = statSync(path)
    bytes = stat.isFile() ? beginningOf(path, stat.size) : await streamed(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (bytes.length <= CERTIFICATE_FILE_MAX) return bytes
  throw new AppError('certificate-too-large', `${path} is larger than 1 MB, so it is no certificate file`, {
    hint: 'name the file that has the certificate and its private key',
  })
}

/** One byte more than a certificate file may have, so that a larger one shows. */
const LIMIT = CERTIFICATE_FILE_MAX + 1

/** As long as the file says that it is. One that says 0 may be the kernel's, and have something in it. */
function beginningOf(path: string, size: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(size === 0 ? LIMIT : Math.min(size, LIMIT))
    let length = 0
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null)
    }
    return buffer.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

async function streamed(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { end: LIMIT - 1 })) chunks.push(chunk)
  return Buffer.concat(chunks)
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
