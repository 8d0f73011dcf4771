/**
 * Certificate sources of third parties: npm packages in the plugins folder, named by the user's own profile.
 *
 * A plugin is code that runs as the user. So none is looked for: the profile has to name it, it has to lie in the plugins
 * folder of TODO_CLI_HOME (never in the working folder, whose owner may be someone else), and nobody but the user may
 * write there.
 */
import { lstat, realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { platform, userInfo } from 'node:os'
import { join, relative, sep } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { adoptSource } from './plugin-source.ts'
import type { CertificateSource } from './source.ts'

export interface Plugins {
  /** The plugins folder; packages lie in its `node_modules`. */
  readonly folder: string
  /** The packages that the profile names. */
  readonly names: readonly string[]
}

/** The sources of the plugins, each loaded. @throws AppError `plugin-missing`, `plugin-invalid`, `file-exposed` */
export async function pluginSources({ folder, names }: Plugins): Promise<CertificateSource[]> {
  const sources: CertificateSource[] = []
  for (const name of names) {
    const source = adoptSource(await load(folder, name), name)
    if (sources.some((other) => other.name === source.name)) {
      throw new AppError('plugin-invalid', `two plugins bring a source named "${source.name}"`, {
        hint: 'take one of them out: todo-cli config set plugins NAMES',
      })
    }
    sources.push(source)
  }
  return sources
}

async function load(folder: string, name: string): Promise<unknown> {
  const modules = join(folder, 'node_modules')
  const home = join(modules, name)
  for (const path of [folder, modules, ...between(modules, home), home]) await assertOwn(path, name, folder)
  const require = createRequire(join(folder, 'package.json'))
  let file: string
  try {
    // What lies nearest is found first, and that it is there was seen above: no other folder is looked into.
    file = require.resolve(name)
  } catch (cause) {
    throw new AppError('plugin-invalid', `the plugin ${name} says nothing of where it begins`, {
      hint: 'its package.json needs "main", or "exports" with "default"',
      cause,
    })
  }
  // The package may be a link (`npm link`), and what it leads to is what runs.
  const [realHome, realFile] = [await realpath(home), await realpath(file).catch(() => file)]
  if (!realFile.startsWith(realHome + sep)) {
    throw new AppError('plugin-invalid', `the plugin ${name} begins outside of its own folder`, {
      hint: `install it anew: ${install(folder, name)}`,
    })
  }
  for (const path of [realHome, ...between(realHome, realFile), realFile]) await assertOwn(path, name, folder)
  try {
    // `require` takes ES modules, too; `import()` would be turned into a `require` of the program's own by the build.
    const loaded: unknown = require(file)
    return typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded
  } catch (cause) {
    throw new AppError('plugin-invalid', `the plugin ${name} can not be loaded`, {
      hint: `run it again with --verbose for the cause; or install it anew: ${install(folder, name)}`,
      cause,
    })
  }
}

/** The folders on the way from `folder` down to `path`, without either. */
function between(folder: string, path: string): string[] {
  const names = relative(folder, path).split(sep).slice(0, -1)
  return names.map((_, index) => join(folder, ...names.slice(0, index + 1)))
}

/** There, and not writable by others: who can write a plugin runs code as the user. */
async function assertOwn(path: string, name: string, folder: string): Promise<void> {
  const stat = await rightsOf(path)
  if (stat === undefined) {
    throw new AppError('plugin-missing', `the plugin ${name}, which the profile names, is not installed`, {
      hint: `${install(folder, name)}; or leave it out: todo-cli config unset plugins`,
    })
  }
  if (platform() === 'win32' || isOwn(stat)) return
  throw new AppError('file-exposed', `other users may write to ${path}, from where a plugin would run`, {
    hint: `make it yours alone: chmod go-w ${path}`,
  })
}

/** The user's or root's, and writable by no one else; a group of the user's own name, as many systems make, is no one else. */
function isOwn({ uid, gid, mode, isSymbolicLink }: Rights): boolean {
  const user = userInfo()
  if (uid !== 0 && uid !== user.uid) return false
  // A link has no rights of its own; who may replace it is said by its folder.
  if (isSymbolicLink) return true
  const writers = gid === user.gid && user.gid === user.uid ? 0o002 : 0o022
  return (mode & writers) === 0
}

interface Rights {
  readonly uid: number
  readonly gid: number
  readonly mode: number
  readonly isSymbolicLink: boolean
}

async function rightsOf(path: string): Promise<Rights | undefined> {
  const stat = await lstat(path).catch(() => undefined)
  return stat && { uid: stat.uid, gid: stat.gid, mode: stat.mode, isSymbolicLink: stat.isSymbolicLink() }
}

const install = (folder: string, name: string) => `npm install --prefix ${folder} ${name}`
