import { createReadStream } from 'node:fs'
import { CERTIFICATE_FILE_MAX } from '../core/certificate.ts'
import { AppError, systemCode } from '../core/errors.ts'

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
