/**
 * The name that a file has while it is written, and what a process that was killed meanwhile left under such a name: it may
 * hold a private key, and nobody would look for it there.
 */
import { createHash, randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { systemCode } from './errors.ts'

/** Milliseconds after which nobody is still writing. A write takes a few. */
const ABANDONED = 600_000

/** A process id means something on its own machine only, and a folder may be shared by several, or by containers. */
const machine = () => createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** A name that nobody else has: `.NAME.MACHINE.PID.RANDOM.tmp` in the same folder. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${machine()}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`)

/**
 * Removes what killed processes left of these files: ours alone, once its writer is gone or it is old. Whatever can not be
 * looked at or removed stays, for what was asked for is done.
 */
export async function sweepLeftovers(paths: readonly string[], now: number = Date.now()): Promise<void> {
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const names = await fs.readdir(folder).catch(() => [])
    for (const path of paths.filter((each) => dirname(each) === folder)) {
      for (const [name, writer] of leftoversOf(basename(path), names)) {
        await sweep(join(folder, name), writer, now).catch(() => {})
      }
    }
  }
}

interface Writer {
  readonly machine: string
  readonly pid: number
}

function leftoversOf(of: string, names: readonly string[]): [name: string, writer: Writer][] {
  return names
    .filter((name) => name.startsWith(`.${of}.`))
    .flatMap((name): [string, Writer][] => {
      const [, at = '', pid = ''] =
        /^([0-9a-f]{8})\.([1-9]\d{0,9})\.[0-9a-f]{12}\.tmp$/.exec(name.slice(of.length + 2)) ?? []
      return pid === '' ? [] : [[name, { machine: at, pid: Number(pid) }]]
    })
}

async function sweep(path: string, writer: Writer, now: number): Promise<void> {
  const stat = await fs.lstat(path)
  // Windows knows no user ids.
  const isOurs = stat.isFile() && (process.getuid?.() ?? stat.uid) === stat.uid
  // Not when it was last written: what is kept aside is a second name of an older file.
  const isOld = now - stat.ctimeMs > ABANDONED
  if (isOurs && (isOld || isGone(writer))) await fs.rm(path)
}

function isGone(writer: Writer): boolean {
  if (writer.machine !== machine()) return false
  try {
    process.kill(writer.pid, 0)
    return false
  } catch (error) {
    return systemCode(error) === 'ESRCH'
  }
}
