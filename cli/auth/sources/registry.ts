/** The certificate sources by name. Each is loaded only when it is used: whoever uses a file never loads Azure code. */
import { AppError } from '../../../core/errors.ts'
import type { CertificateSource } from './source.ts'

const SOURCES: Readonly<Record<string, () => Promise<CertificateSource>>> = {
  cert: () => import('./disk.ts').then(({ disk }) => disk),
  keyvault: () => import('./keyvault.ts').then(({ keyvault }) => keyvault),
}

/** The words that `--auth` takes for a certificate. */
export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES)

/** @throws AppError `setting-invalid` for a name that no source has */
export async function sourceNamed(name: string): Promise<CertificateSource> {
  const load = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined
  if (load) return load()
  const known = ['secret', ...SOURCE_NAMES]
  throw new AppError('setting-invalid', `there is no way to authenticate named "${name}"`, {
    hint: `take one of ${known.map((each) => `--auth ${each}`).join(', ')}`,
  })
}

/** All built-in sources, for the flags and the help of a command that authenticates. */
export async function builtInSources(): Promise<CertificateSource[]> {
  return Promise.all(Object.values(SOURCES).map((load) => load()))
}
