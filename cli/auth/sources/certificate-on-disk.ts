/** Reads the certificate of `--auth cert`, out of its file or its variable. */
import {
  assertThumbprint,
  assertUsable,
  type ClientCertificate,
  clientCertificate,
  type KeyedCertificate,
  loadCertificate,
} from '../../../core/certificate.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { othersMayRead } from '../../files.ts'
import { configuredPassphrase } from '../../passphrase.ts'
import { readCertificateFile } from '../../read-certificate-file.ts'
import type { SettingValues } from '../../settings.ts'
import { shellWord } from '../../shell-word.ts'
import type { SourceDeps } from './source.ts'

/** Its thumbprint. Asked for on every run, so the warning is here: a cached token must not hide that others may read the key. */
export async function identifyFile(settings: SettingValues, deps: SourceDeps): Promise<string> {
  const loaded = await load(settings)
  await warnOfReaders(loaded, deps)
  return `cert:${thumbprintsOf(loaded.certificate.chain[0].raw)['x5t#S256']}`
}

export async function openFile(settings: SettingValues): Promise<ClientCertificate> {
  return clientCertificate((await load(settings)).certificate)
}

interface Loaded {
  readonly certificate: KeyedCertificate
  /** Where it is on disk; undefined for one out of a variable. */
  readonly path: string | undefined
}

async function load(settings: SettingValues): Promise<Loaded> {
  const { bytes, origin, path } = await read(settings)
  const certificate = await loadCertificate(bytes, {
    origin,
    ...(await configuredPassphrase(settings)),
  })
  const configured = settings.get('certThumbprint')
  if (configured !== undefined) assertThumbprint(certificate.chain[0], configured, origin)
  assertUsable(certificate.chain[0], origin)
  return { certificate, path }
}

async function read(settings: SettingValues): Promise<{ bytes: Buffer; origin: string; path?: string }> {
  const base64 = settings.get('certificateBase64')
  if (
    base64 !== undefined &&
    settings.strongest('certificateFile', 'certificateBase64') === 'certificateBase64'
  ) {
    return { bytes: Buffer.from(base64), origin: settings.from('certificateBase64') ?? 'CERT_BASE64' }
  }
  const path = settings.need('certificateFile')
  return { bytes: await readCertificateFile(path), origin: path, path }
}

async function warnOfReaders({ path }: Loaded, { warn }: SourceDeps): Promise<void> {
  if (path !== undefined && (await othersMayRead(path))) {
    warn(`${path} holds a private key and can be read by other users: chmod 600 ${shellWord(path)}`)
  }
}
