/** Where a passphrase comes from, as settings and as a flag: apart from the reading, which a command's declaration does not need. */
import { type SettingSpec, text } from './settings.ts'

/** For whatever reads a private key. */
export const PASSPHRASE_SETTINGS: readonly SettingSpec[] = [
  {
    key: 'certPassphrase',
    variable: 'CERT_PASSPHRASE',
    secret: true,
    help: 'The passphrase of the private key',
  },
  {
    key: 'certPassphraseFile',
    flag: '--passphrase-file FILE',
    variable: 'CERT_PASSPHRASE_FILE',
    help: 'A file that holds the passphrase of the private key',
    parse: text,
  },
]

/** Beside {@link PASSPHRASE_SETTINGS}, for commands. */
export const PASSPHRASE_ENV_OPTION = [
  '--passphrase-env NAME',
  'The variable that holds the passphrase',
] as const
