/**
 * The journal of a rotation: which step was reached, and with which certificates. Written before each step and after it, so
 * that a run that was stopped anywhere goes on in the next. It holds public parts only.
 */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, systemCode } from '../../core/errors.ts'
import { ensurePrivateDir, removeFile, replaceFile } from '../../core/private-file.ts'

/**
 * `making`: the new certificate may be there. `made`: it is. `registered`: the app may know it. `proved`: a token was had and
 * the API called. `switched`: it is in the place of the old one, which still works. `rolling-back`: the new one is taken back.
 */
export type Step = 'making' | 'made' | 'registered' | 'proved' | 'switched' | 'rolling-back'

const STEPS: readonly Step[] = ['making', 'made', 'registered', 'proved', 'switched', 'rolling-back']

export interface Journal {
  readonly step: Step
  /** Tells this rotation from others, in what it makes. */
  readonly id: string
  readonly clientId: string
  /** CERT: an absolute path, or `vault:NAME`. */
  readonly certificate: string
  /** PEM. */
  readonly old: string
  /** PEM; from the step `made` on. */
  readonly next?: string
  /** Of the new certificate, in a vault. */
  readonly nextVersion?: string
  /** ISO 8601; from the step `switched` on: when the old certificate may go. */
  readonly removeAfter?: string
}

export interface Journals {
  read(clientId: string): Promise<Journal | undefined>
  write(journal: Journal): Promise<void>
  remove(clientId: string): Promise<void>
}

export function journalsIn(folder: string): Journals {
  const pathOf = (clientId: string) => join(folder, `rotation-${clientId.toLowerCase()}.json`)
  return {
    async read(clientId) {
      const path = pathOf(clientId)
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined
        throw damaged(path, error)
      })
      if (text === undefined) return undefined
      const journal = parse(text)
      if (journal?.clientId.toLowerCase() === clientId.toLowerCase()) return journal
      throw damaged(path)
    },
    async write(journal) {
      await ensurePrivateDir(folder)
      await replaceFile({
        path: pathOf(journal.clientId),
        data: `${JSON.stringify(journal, undefined, 2)}\n`,
      })
    },
    remove: (clientId) => removeFile(pathOf(clientId)),
  }
}

function parse(text: string): Journal | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const {
      step,
      id,
      clientId,
      certificate,
      old,
      next,
      nextVersion,
      removeAfter,
    }: Partial<Record<string, unknown>> = {
      ...value,
    }
    const known = STEPS.find((each) => each === step)
    const texts = [id, clientId, certificate, old]
    const optional = [next, nextVersion, removeAfter].filter((each) => each !== undefined)
    if (known === undefined || ![...texts, ...optional].every((each) => typeof each === 'string'))
      return undefined
    for (const pem of [old, next]) if (pem !== undefined) new X509Certificate(String(pem))
    return value as Journal
  } catch {
    return undefined
  }
}

function damaged(path: string, cause?: unknown): AppError {
  return new AppError('file-unreadable', `the journal of the rotation, ${path}, is damaged`, {
    hint: 'see which certificates are registered (todo-cli app credential list), then remove that file',
    cause,
  })
}
