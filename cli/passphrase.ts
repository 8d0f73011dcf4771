/** The passphrase of a private key: out of a variable, a file, standard input or a prompt, never out of an argument. */
import type { LoadOptions } from '../core/certificate-file.ts'
import { AppError } from '../core/errors.ts'
import type { Context, Flags } from './context.ts'
import { readTextFile } from './files.ts'
import type { Io } from './io.ts'
import { PASSPHRASE_SETTINGS } from './passphrase-settings.ts'
import type { SettingValues } from './settings.ts'

/** A passphrase, and where it is from, for the hint where it does not fit. Empty where there is none. */
export type GivenPassphrase = Pick<LoadOptions, 'passphrase' | 'passphraseFrom'>

/** The passphrase that settings name. */
export async function configuredPassphrase(settings: SettingValues): Promise<GivenPassphrase> {
  const key = settings.strongest('certPassphrase', 'certPassphraseFile')
  if (key === undefined) return {}
  const value = settings.need(key)
  return key === 'certPassphraseFile'
    ? { passphrase: await readTextFile(value, 'the passphrase'), passphraseFrom: `the file ${value}` }
    : { passphrase: value, passphraseFrom: settings.from(key) }
}

/**
 * Opens what may be encrypted: with the passphrase of `--passphrase-env`, of standard input (`--passphrase-file -`), or of
 * the settings. Where there is none and one is needed, a person at a terminal is asked.
 */
export async function withPassphrase<T>(
  context: Context,
  flags: Flags,
  open: (passphrase: GivenPassphrase) => Promise<T>,
): Promise<T> {
  const given = await givenPassphrase(context, flags)
  try {
    return await open(given)
  } catch (error) {
    const missing = error instanceof AppError && error.code === 'certificate-passphrase-missing'
    if (!missing || !context.out.interactive) throw error
    const { ask } = await import('./ask.ts')
    const passphrase = await ask(context.io, `${error.message}. Its passphrase: `, { hidden: true })
    return open({ passphrase, passphraseFrom: TYPED })
  }
}

/**
 * Like {@link withPassphrase}, for what can mostly be read without one: settings are looked at only where it can not, or where a
 * flag gives the passphrase, which then has to fit.
 */
export async function withPassphraseIfNeeded<T>(
  context: Context,
  flags: Flags,
  open: (passphrase: GivenPassphrase) => Promise<T>,
): Promise<T> {
  if (flags.passphraseFile === undefined && flags.passphraseEnv === undefined) {
    try {
      return await open({})
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'certificate-passphrase-missing') throw error
    }
  }
  return withPassphrase(context, flags, open)
}

/** The passphrase that flags or settings give. */
export async function givenPassphrase(context: Context, flags: Flags): Promise<GivenPassphrase> {
  const flagged = await flaggedPassphrase(context, flags, '')
  return flagged ?? configuredPassphrase(await context.settings(PASSPHRASE_SETTINGS))
}

/**
 * The passphrase for what is written: `--passphrase-file` and `--passphrase-env`, and no setting, for a variable that is
 * there to read one key must not encrypt another. Undefined where none of them was given. What is typed does not show, so it
 * is typed twice.
 *
 * @throws AppError `setting-invalid` for an empty one, and for two that differ
 */
export async function newPassphrase(
  context: Context,
  flags: Flags,
  prefix: '' | 'new' = '',
): Promise<string | undefined> {
  const { passphrase, passphraseFrom } = (await flaggedPassphrase(context, flags, prefix)) ?? {}
  if (passphrase !== '') {
    if (passphraseFrom === TYPED) await typeAgain(context, passphrase)
    return passphrase
  }
  throw new AppError('setting-invalid', 'the passphrase is empty', {
    hint: 'give one, or leave the flag out for a key that is not encrypted',
  })
}

const TYPED = 'what was typed'

async function typeAgain({ io }: Context, first: string | undefined): Promise<void> {
  const { ask } = await import('./ask.ts')
  if ((await ask(io, 'The passphrase again: ', { hidden: true })) === first) return
  throw new AppError('setting-invalid', 'the two passphrases differ', { hint: 'run it again' })
}

async function flaggedPassphrase(
  { io, env }: Context,
  flags: Flags,
  prefix: '' | 'new',
): Promise<GivenPassphrase | undefined> {
  const [file, variable] =
    prefix === 'new'
      ? [flags.newPassphraseFile, flags.newPassphraseEnv]
      : [flags.passphraseFile, flags.passphraseEnv]
  if (typeof variable === 'string') {
    const value = env[variable]
    if (value !== undefined) return { passphrase: value, passphraseFrom: `the variable ${variable}` }
    throw new AppError(
      'setting-missing',
      `the variable ${variable}, which should hold the passphrase, is not set`,
      {
        hint: `set ${variable}, or give --passphrase-file FILE`,
      },
    )
  }
  if (typeof file !== 'string') return undefined
  if (file !== '-')
    return { passphrase: await readTextFile(file, 'the passphrase'), passphraseFrom: `the file ${file}` }
  if (!io.stdin.isTTY)
    return { passphrase: await firstLine(io), passphraseFrom: 'the first line of standard input' }
  const { ask } = await import('./ask.ts')
  return { passphrase: await ask(io, 'Passphrase: ', { hidden: true }), passphraseFrom: TYPED }
}

/** The first line of standard input; 64 kB are enough for any. */
async function firstLine({ stdin }: Io): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk))
    const text = Buffer.concat(chunks).toString()
    if (text.includes('\n') || text.length > 65_536) break
  }
  return Buffer.concat(chunks).toString().split(/\r?\n/, 1)[0] ?? ''
}
