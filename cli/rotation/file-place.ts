/**
 * A certificate file that is rotated in place: its path stays, so that whatever is configured with it, and every daemon that
 * runs, finds the new certificate there.
 */
import type { X509Certificate } from 'node:crypto'
import { access, link, realpath, rename } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { type KeyedCertificate, loadCertificate } from '../../core/certificate.ts'
import { certificateDetails } from '../../core/certificate-details.ts'
import { certificateOutput } from '../../core/certificate-output.ts'
import { parseDistinguishedName } from '../../core/distinguished-name.ts'
import { AppError, systemCode } from '../../core/errors.ts'
import { createFiles, removeFile, replaceFile } from '../../core/private-file.ts'
import { createSelfSigned, KEY_SIZES } from '../../core/self-signed.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { GivenPassphrase } from '../passphrase.ts'
import { readCertificateFile } from '../read-certificate-file.ts'
import type { Place } from './place.ts'

export interface FilePlaceOptions {
  /** Opens the private key, and encrypts the next one. */
  readonly passphrase: GivenPassphrase
  /** Whether the old file stays after the overlap. */
  readonly keepOld: boolean
  /** How long the next one lives; undefined: as long as the old one. */
  readonly days: number | undefined
}

/** @throws AppError `certificate-…` where the path leads to none */
export async function filePlace(
  given: string,
  { passphrase, keepOld, days }: FilePlaceOptions,
): Promise<Place> {
  // The file that a link leads to is the one to replace.
  const path = await realpath(given).catch(() => resolve(given))
  const ending = extname(path)
  const beside = (middle: string) => join(dirname(path), `${basename(path, ending)}.${middle}${ending}`)
  const encryption = { passphrase: passphrase.passphrase }
  const nextPath = beside('next')
  const archiveOf = (old: X509Certificate) => beside(thumbprintsOf(old.raw).sha1.slice(0, 8).toLowerCase())
  const publicPath = join(dirname(path), `${basename(path, ending)}.crt`)

  const load = async (from: string): Promise<KeyedCertificate> =>
    loadCertificate(await readCertificateFile(from), { origin: from, ...passphrase })

  return {
    certificate: path,
    words: {
      make: `make a new certificate in ${nextPath}`,
      made: `made a new certificate in ${nextPath}`,
      change: `put it in the place of ${path}`,
      retire: keepOld ? 'keep the old file beside it' : 'remove the old file',
    },
    current: async () => (await load(path)).chain[0],
    async make(old) {
      if (await isThere(nextPath)) return { leaf: (await load(nextPath)).chain[0] }
      const { certificate, key } = await createSelfSigned({
        ...like(old),
        ...(days === undefined ? {} : { days }),
      })
      await createFiles([
        await certificateOutput({ path: nextPath, chain: [certificate], key, ...encryption }),
      ])
      return { leaf: certificate }
    },
    activate: async () => {},
    settingsOfNext: () => ({ auth: 'cert', certificateFile: nextPath }),
    async change(old, { leaf }) {
      if (!isSame((await load(path)).chain[0], leaf)) {
        if (!isSame((await load(nextPath)).chain[0], leaf)) throw notTheOne(nextPath)
        // A second name first, then one rename: at no moment is there no file at the path.
        await link(path, archiveOf(old)).catch((error: unknown) => {
          if (systemCode(error) !== 'EEXIST') throw error
        })
        await rename(nextPath, path)
      }
      if (publicPath !== path && (await isThere(publicPath))) {
        await replaceFile({ path: publicPath, data: leaf.toString(), mode: 0o644 })
      }
      return {}
    },
    async discard(next) {
      // Once it is in its place it is no longer the next one, and stays.
      if (next === undefined || !isSame((await load(path)).chain[0], next.leaf)) await removeFile(nextPath)
    },
    async retire(old) {
      if (!keepOld) await removeFile(archiveOf(old))
    },
  }
}

/** Subject, key size and lifetime of the old one. */
function like(old: X509Certificate) {
  const { subject, keySize, notBefore, notAfter } = certificateDetails(old)
  const days = Math.round((notAfter.getTime() - notBefore.getTime()) / 86_400_000)
  return {
    subject: parseDistinguishedName(subject),
    days: Math.max(1, days),
    keySize: KEY_SIZES.find((size) => size === keySize) ?? 2048,
  }
}

const isSame = (one: X509Certificate, other: X509Certificate) => one.raw.equals(other.raw)

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

function notTheOne(path: string): AppError {
  return new AppError('rotation-failed', `${path} is not the certificate that was registered`, {
    hint: 'begin again without it: remove that file, then run todo-cli cert rotate',
  })
}
