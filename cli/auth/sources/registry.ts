/** The certificate sources by name. Each is loaded only when it is used: whoever uses a file never loads Azure code. */
import { AppError } from '../../../core/errors.ts'
import { didYouMean } from '../../did-you-mean.ts'
import type { Plugins } from './plugins.ts'
import type { CertificateSource } from './source.ts'

const SOURCES: Readonly<Record<string, () => Promise<CertificateSource>>> = {
  cert: () => import('./disk.ts').then(({ disk }) => disk),
  keyvault: () => import('./keyvault.ts').then(({ keyvault }) => keyvault),
}

/** The words that `--auth` takes for a certificate. */
export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES)

/**
 * The built-in source of that name, else the one that a plugin of the profile brings: no plugin is loaded for another.
 *
 * @throws AppError `setting-invalid` for a name that no source has; `plugin-…`
 */
export async function sourceNamed(name: string, plugins?: Plugins): Promise<CertificateSource> {
  const load = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined
  if (load) return load()
  const others = await sourcesOf(plugins)
  const found = others.find((source) => source.name === name)
  if (found) return found
  const known = ['secret', ...SOURCE_NAMES, 'user', ...others.map((source) => source.name)]
  const near = didYouMean(name, known)
  throw new AppError('setting-invalid', `there is no way to authenticate named "${name}"${near}`, {
    hint: `take one of ${known.map((each) => `--auth ${each}`).join(', ')}`,
  })
}

/** The sources that plugins bring. */
export async function sourcesOf(plugins: Plugins | undefined): Promise<CertificateSource[]> {
  if (plugins === undefined || plugins.names.length === 0) return []
  const { pluginSources } = await import('./plugins.ts')
  return pluginSources(plugins)
}

/** All built-in sources, for the flags and the help of a command that authenticates. */
export async function builtInSources(): Promise<CertificateSource[]> {
  return Promise.all(Object.values(SOURCES).map((load) => load()))
}
