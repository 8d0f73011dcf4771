/** The files that the configuration names, checked at start: a bad one would otherwise be found at the first request. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { systemCode } from '../core/errors.ts'

export interface TlsFiles {
  readonly certPem: string
  readonly keyPem: string
}

/** The API's own certificate and its key: both or none. What is wrong is added to `mistakes`. */
export async function readTls(
  certFile: string | undefined,
  keyFile: string | undefined,
  mistakes: string[],
): Promise<TlsFiles | undefined> {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined) mistakes.push('TODO_API_TLS_CERT_FILE is missing beside TODO_API_TLS_KEY_FILE')
  if (keyFile === undefined) mistakes.push('TODO_API_TLS_KEY_FILE is missing beside TODO_API_TLS_CERT_FILE')
  const certPem = await readCertificates('TODO_API_TLS_CERT_FILE', certFile, mistakes)
  const keyPem = await readPem('TODO_API_TLS_KEY_FILE', keyFile, mistakes)
  const key = keyPem === undefined ? undefined : attempt(() => createPrivateKey(keyPem))
  if (keyPem !== undefined && key === undefined) {
    mistakes.push(`TODO_API_TLS_KEY_FILE: ${keyFile} is no private key without a passphrase`)
  }
  if (certPem === undefined || keyPem === undefined || key === undefined) return undefined
  if (!new X509Certificate(certPem).checkPrivateKey(key)) {
    mistakes.push('TODO_API_TLS_KEY_FILE is not the key of TODO_API_TLS_CERT_FILE')
  }
  return { certPem, keyPem }
}

/** A file with one certificate or more, PEM. */
export async function readCertificates(
  name: string,
  path: string | undefined,
  mistakes: string[],
): Promise<string | undefined> {
  const pem = await readPem(name, path, mistakes)
  if (pem === undefined) return undefined
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > 0 && blocks.every((block) => attempt(() => new X509Certificate(block)) !== undefined)) {
    return pem
  }
  mistakes.push(`${name}: ${path} has no certificate, or one that can not be read`)
  return undefined
}

async function readPem(
  name: string,
  path: string | undefined,
  mistakes: string[],
): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    const text = await readFile(path, 'utf8')
    if (text.includes('-----BEGIN ')) return text
    mistakes.push(`${name}: ${path} is not PEM`)
  } catch (error) {
    mistakes.push(`${name}: can not read ${path} (${systemCode(error) ?? 'unknown reason'})`)
  }
  return undefined
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
