import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const MODULE = new URL('../../core/private-file.ts', import.meta.url).href

/**
 * Runs statements over core/private-file.ts in a process of its own, because the umask belongs to a whole process.
 * They see its exports and `home`. Returns what it wrote to standard error.
 */
export async function withUmask(umask: number, home: string, statements: readonly string[]): Promise<string> {
  const script = [
    `process.umask(${umask})`,
    `const { createFiles, ensureKeyDir, ensurePrivateDir, replaceFile } = await import(${JSON.stringify(MODULE)})`,
    `const home = ${JSON.stringify(home)}`,
    ...statements,
  ].join('\n')
  const { stderr } = await exec(process.execPath, ['--input-type=module', '--eval', script])
  return stderr
}
