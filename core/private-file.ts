/**
 * Files that hold secrets: 0600 in 0700 folders, complete or not there at all.
 *
 * A file is written under a random name in the same folder, synced, and then renamed (to replace) or linked (to create:
 * `link` fails where the name is taken, so two processes can not both think that they made the file). What a killed process
 * left under such a name goes with the next write to the same file, and with its removal.
 */
// Node.js loads `promises` at its first use: who only reads a token does not wait for it.
import { promises as fs, lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError, systemCode } from './errors.ts'
import { sweepLeftovers, temporaryBeside } from './leftovers.ts'

export interface NewFile {
  readonly path: string
  readonly data: string | Uint8Array
  /** 0o600 unless it is public. */
  readonly mode?: number
}

/** Makes a folder of this program's own, 0700 whatever the umask, and narrows it where it was wider. */
export async function ensurePrivateDir(path: string): Promise<void> {
  try {
    await makeFolder(path)
    await fs.chmod(path, 0o700)
  } catch (error) {
    throw unwritableFolder(path, error, 'name a folder that you may write to in the variable TODO_CLI_HOME')
  }
}

/** Makes a folder for keys where there is none: 0700, with a `.gitignore` of `*`. An existing folder stays as it is. */
export async function ensureKeyDir(path: string): Promise<void> {
  try {
    if (!(await makeFolder(path))) return
    await fs.chmod(path, 0o700)
    await replaceFile({ path: join(path, '.gitignore'), data: '*\n', mode: 0o644 })
  } catch (error) {
    throw unwritableFolder(path, error)
  }
}

/**
 * Makes a folder, and those above it that are not there. Returns false where it was there already.
 *
 * Not Node's own `recursive`, which turns for ever where the system says of a folder that is there that it is not, as
 * /proc does.
 */
async function makeFolder(path: string): Promise<boolean> {
  try {
    return await makeOneFolder(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    return makeOneFolder(path)
  }
}

async function makeOneFolder(path: string): Promise<boolean> {
  try {
    await fs.mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    const isThere = await fs.stat(path).then(
      (stat) => stat.isDirectory(),
      () => false,
    )
    if (isThere) return false
    throw error
  }
}

/** Removes a folder with all that is in it. It is no error when it is not there. */
export async function removeFolder(path: string): Promise<void> {
  await fs.rm(path, { recursive: true, force: true }).catch((error: unknown) => {
    throw unwritable(path, error)
  })
}

/** Writes a file atomically, over what was there. Afterwards it has the mode of `file`, whatever it had before. */
export async function replaceFile(file: NewFile): Promise<void> {
  let temporary: string | undefined
  try {
    temporary = await writeTemporary(file)
    await fs.rename(temporary, file.path)
    await syncDir(dirname(file.path))
    await sweepLeftovers([file.path])
  } catch (error) {
    if (temporary !== undefined) await fs.rm(temporary, { force: true })
    throw unwritable(file.path, error)
  }
}

/**
 * Creates all the files, or none: where one can not be made, those made before it are taken back.
 * With `force` each replaces what was there, and what was there comes back when a later one fails.
 *
 * The first file stands for itself (a key with its certificate), the others belong to it. Whenever the process is killed,
 * files of an older set never stand beside those of the new one: the others are away while the first is replaced.
 *
 * @throws AppError `output-exists` or `output-unwritable`
 */
export async function createFiles(
  files: readonly NewFile[],
  options: { force?: boolean } = {},
): Promise<void> {
  const leftovers: string[] = []
  const undo: (() => Promise<void>)[] = []
  try {
    // At once, for each waits for the disk.
    const written = await Promise.allSettled(
      files.map(async (file) => [await attempt(file.path, () => writeTemporary(file)), file.path] as const),
    )
    const staged = written.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    leftovers.push(...staged.map(([temporary]) => temporary))
    for (const each of written) if (each.status === 'rejected') throw each.reason
    const first = files[0]?.path
    const replaced = new Set<string>()
    // The first is kept aside last, so that it is the first to come back.
    for (const { path } of options.force ? files.toReversed() : []) {
      await attempt(path, async () => {
        const backup = await keepAside(path)
        if (backup === undefined) return
        leftovers.push(backup)
        replaced.add(path)
        undo.push(() => fs.rename(backup, path))
        if (path !== first) await fs.unlink(path)
      })
    }
    for (const [temporary, path] of staged) {
      await attempt(path, () => (options.force ? fs.rename(temporary, path) : fs.link(temporary, path)))
      // What comes back over the first needs no gap before it.
      if (path !== first || !replaced.has(path)) undo.push(() => fs.rm(path, { force: true }))
    }
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) await syncDir(folder)
  } catch (error) {
    for (const step of undo.reverse()) await step()
    throw error
  } finally {
    for (const leftover of leftovers) await fs.rm(leftover, { force: true })
  }
  await sweepLeftovers(files.map(({ path }) => path))
}

/**
 * True when someone other than the owner may read or write the file, by its mode bits (always false on Windows).
 * A symbolic link, which could point anywhere, counts as exposed.
 */
export async function isExposed(path: string): Promise<boolean> {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) return true
  return process.platform !== 'win32' && (stat.mode & 0o077) !== 0
}

/** Removes a file. It is no error when it is not there. */
export async function removeFile(path: string): Promise<void> {
  await fs.unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw unwritable(path, error)
  })
  await sweepLeftovers([path])
}

async function writeTemporary({ path, data, mode = 0o600 }: NewFile): Promise<string> {
  const temporary = temporaryBeside(path)
  const handle = await fs.open(temporary, 'wx', mode)
  try {
    await handle.chmod(mode)
    await handle.writeFile(data)
    await handle.sync()
  } catch (error) {
    await fs.rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
  return temporary
}

/** A second name for what is at `path`, so that it can be brought back. Returns undefined where there is nothing. */
async function keepAside(path: string): Promise<string | undefined> {
  const backup = temporaryBeside(path)
  try {
    await fs.link(path, backup)
    return backup
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    // A folder has no second name.
    throw (await fs.lstat(path)).isDirectory()
      ? Object.assign(new Error('a folder'), { code: 'EISDIR' })
      : error
  }
}

/** Makes the new name last through a power cut where the file system can; the file itself is synced already. */
async function syncDir(path: string): Promise<void> {
  try {
    const handle = await fs.open(path, 'r')
    await handle.sync().finally(() => handle.close())
  } catch {
    // Windows has no such thing, some network file systems refuse it, and a folder may be writable but not readable.
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** For a folder that is to be made, a file of its name is in the way: `--force` would not help. */
function unwritableFolder(path: string, error: unknown, hint?: string): AppError {
  const inTheWay = !(error instanceof AppError) && systemCode(error) === 'EEXIST'
  return unwritable(
    path,
    inTheWay ? Object.assign(new Error('a file'), { code: 'ENOTDIR', cause: error }) : error,
    hint,
  )
}

/** Why a file can not be written, as the system says it. */
export function unwritable(
  path: string,
  error: unknown,
  hint = 'choose a folder that you may write to',
): AppError {
  if (error instanceof AppError) return error
  const code = systemCode(error)
  if (code === 'EEXIST') {
    return new AppError('output-exists', `${path} exists already`, {
      hint: 'choose another name, or add --force to replace it',
      cause: error,
    })
  }
  const reason =
    {
      EACCES: 'permission denied',
      EPERM: 'permission denied',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
      ENOTDIR: 'part of the path is not a folder',
      EISDIR: 'it is a folder',
      ENOENT: 'its folder does not exist',
    }[code ?? ''] ??
    code ??
    'unknown reason'
  return new AppError('output-unwritable', `can not write ${path}: ${reason}`, {
    hint,
    cause: error,
  })
}
