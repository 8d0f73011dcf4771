import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Candidate } from './candidate.ts'

export interface FilesOptions {
  /** What `~/` stands for. */
  readonly home: string | undefined
  /** Only these: `.pem`. Folders are always there, to go on into. */
  readonly endings?: readonly string[]
  readonly foldersOnly?: boolean
}

/** The files and folders that begin with what was typed. Hidden ones only where a dot was typed. */
export async function filesFrom(
  typed: string,
  { home, endings, foldersOnly = false }: FilesOptions,
): Promise<Candidate[]> {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1)
  const start = typed.slice(folder.length)
  const path = folder.startsWith('~/') && home ? join(home, folder.slice(2)) : folder || '.'
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const found: Candidate[] = []
  for (const entry of entries) {
    const { name } = entry
    // biome-ignore lint/suspicious/noControlCharactersInRegex: such a name would be no line of the answer
    if (!name.startsWith(start) || (name.startsWith('.') && start === '') || /[\u0000-\u001f]/.test(name))
      continue
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(path, name)) : entry.isDirectory()
    if (isFolder) found.push({ value: `${folder}${name}/`, open: true })
    else if (!foldersOnly && (!endings || endings.includes(extname(name).toLowerCase())))
      found.push({ value: `${folder}${name}` })
  }
  return found.sort((one, other) => (one.value < other.value ? -1 : 1))
}

const leadsToFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
