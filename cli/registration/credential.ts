/** The credential of a profile that is being written: opened as `--auth` would open it, to prove that it works. */

import { createClientAssertions } from '../auth/client-assertion.ts'
import type { Credential, SignedAssertion } from '../auth/msal.ts'
import { sourceNamed } from '../auth/sources/registry.ts'
import type { CertificateSource } from '../auth/sources/source.ts'
import type { Context } from '../context.ts'
import { readTextFile } from '../files.ts'
import type { ProfileValues } from '../profiles.ts'
import { resolveSettings, SETTINGS, type SettingValues } from '../settings.ts'

export interface OpenedCredential {
  readonly settings: SettingValues
  /** Undefined for a secret. */
  readonly source: CertificateSource | undefined
  readonly credential: Credential
}

/** @throws AppError for a missing setting or file */
export async function credentialOf(context: Context, values: ProfileValues): Promise<OpenedCredential> {
  const auth = values.auth ?? 'secret'
  if (auth === 'secret') {
    const settings = resolveSettings(SETTINGS, { flags: values, env: {} })
    const secret = await readTextFile(settings.need('clientSecretFile'), 'the client secret')
    return { settings, source: undefined, credential: { secret } }
  }
  const source = await sourceNamed(auth, await context.plugins())
  const own = source.settings.filter(({ key }) => !SETTINGS.some((spec) => spec.key === key))
  // Passphrases come from the variables, as ever; the rest is what the profile says, whatever a variable says.
  const settings = resolveSettings([...SETTINGS, ...own], { flags: values, env: secretsOf(context, own) })
  const { deps } = await context.source()
  const assertions = createClientAssertions(values.clientId ?? '', source, settings, deps)
  const signAssertion = (endpoint: string): Promise<SignedAssertion> => assertions.sign(endpoint)
  return { settings, source, credential: { signAssertion } }
}

function secretsOf(
  { env }: Context,
  specs: CertificateSource['settings'],
): Record<string, string | undefined> {
  const names = specs.flatMap(({ secret, variable }) => (secret && variable ? [variable] : []))
  return Object.fromEntries(
    names.flatMap((name) => [name, `TODO_CLI_${name}`]).map((name) => [name, env[name]]),
  )
}
