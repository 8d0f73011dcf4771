/** The file of CAs that the setting `caFile` names. */
import { X509Certificate } from 'node:crypto'
import { DerTag, readDer } from '../core/der.ts'
import { AppError } from '../core/errors.ts'
import { type PemBlock, scanPem } from '../core/pem.ts'
import { readTextFile } from './files.ts'

/** Parsing a system's bundle of 140 takes 5 to 20 ms; of more than this, the rest is looked at from outside. */
const PARSED = 16

/**
 * The certificates of the file, in plain PEM, and nothing else of it. Each is checked here: TLS takes those before the first
 * that it can not read and says nothing, so that in the end the issuer would be unknown and the file look right.
 *
 * @throws AppError `setting-invalid`, `file-unreadable`
 */
export async function readCaFile(path: string): Promise<string> {
  const { blocks, truncated } = scanPem(Buffer.from(await readTextFile(path, 'the CAs')))
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE')
  if (certificates.length === 0 && !truncated) {
    throw new AppError('setting-invalid', `${path} is not a PEM file of CA certificates`, {
      hint: 'name a file with lines such as -----BEGIN CERTIFICATE-----: --ca-file FILE',
    })
  }
  const bad = certificates.findIndex((each, index) => !(index < PARSED ? isCertificate(each) : isWhole(each)))
  if (bad === -1 && !truncated) return certificates.map(({ pem }) => pem).join('')
  const which = bad === -1 ? 'the last one has no end' : `number ${bad + 1} is damaged`
  throw new AppError('setting-invalid', `not every certificate in ${path} can be read: ${which}`, {
    hint: 'get the file anew, each certificate whole from BEGIN to END; or name another: --ca-file FILE',
  })
}

function isCertificate({ der }: PemBlock): boolean {
  try {
    return der !== undefined && new X509Certificate(der).raw.length > 0
  } catch {
    return false
  }
}

function isWhole({ der }: PemBlock): boolean {
  const element = der && readDer(der)
  return element?.tag === DerTag.SEQUENCE && element.size === der?.length
}
