import type { Command } from 'commander'
import { addVerb, type ExitCodes, type Launch, SERVICE_EXIT_CODES, type Verb } from '../../command.ts'
import { PASSPHRASE_ENV_OPTION, PASSPHRASE_SETTINGS } from '../../passphrase-settings.ts'
import { REGISTRATION_SETTINGS } from '../../registration/settings.ts'
import { SETTINGS } from '../../settings.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import { renewalExitCode } from './renewal-exit-code.ts'

/** What a command needs that reads CERT, wherever it is. */
const CERT_SETTINGS = [...PASSPHRASE_SETTINGS, ...VAULT_SETTINGS]

/** A rotation has to do with the app and the API, too. */
const ROTATION_SETTINGS = [...SETTINGS, ...REGISTRATION_SETTINGS].filter(({ key }) =>
  ['authority', 'tenantId', 'clientId', 'scopes', 'apiEndpoint', 'graphUrl', 'appObjectId'].includes(key),
)

const NEW_PASSPHRASE = [
  ['--new-passphrase-file FILE', 'Encrypt what is written; - reads the passphrase from standard input'],
  ['--new-passphrase-env NAME', 'Encrypt what is written with the passphrase in this variable'],
] as const

const VERIFY_EXIT_CODES: ExitCodes = [
  [1, 'a check failed'],
  ...SERVICE_EXIT_CODES.filter(([code]) => code !== 1),
]

const VERBS: readonly Verb[] = [
  {
    usage: 'create [name]',
    summary: 'Create a key pair and a self-signed certificate, in files or in a key vault',
    options: [
      ['--subject DN', 'The distinguished name, for instance "CN=daemon,O=Contoso" (default CN=NAME)'],
      ['--days N', 'How long it is valid (default 365)'],
      ['--key-size BITS', '2048, 3072 or 4096 (default 2048)', ['2048', '3072', '4096']],
      ['--out FOLDER', 'Where to write (default certs)'],
      ['--pfx', 'Write a PFX file (PKCS#12) too'],
      ['--passphrase-file FILE', 'Encrypt the private key; - reads the passphrase from standard input'],
      ['--passphrase-env NAME', 'Encrypt the private key with the passphrase in this variable'],
      ['--force', 'Replace files that exist'],
      ['--vault URL', 'Have this key vault make it; the private key never leaves the vault'],
      ['--exportable', 'With --vault: let the private key be exported'],
    ],
    settings: VAULT_SETTINGS.filter(({ key }) => key !== 'keyVaultUrl'),
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert create daemon',
      'todo-cli cert create daemon --subject "CN=daemon,O=Contoso" --days 180',
      'todo-cli cert create daemon --pfx --passphrase-env PFX_PASSPHRASE',
      'todo-cli cert create daemon --vault https://contoso.vault.azure.net',
    ],
    load: () => import('./create.ts').then((m) => m.create),
  },
  {
    usage: 'thumbprint [cert]',
    summary: "Print a certificate's thumbprints, and where each is used",
    options: [
      [
        '--format FORMAT',
        'Only this one: sha1, x5t, sha256 or x5t#S256',
        ['sha1', 'x5t', 'sha256', 'x5t#S256'],
      ],
      PASSPHRASE_ENV_OPTION,
    ],
    settings: CERT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert thumbprint certs/daemon.pem',
      'todo-cli cert thumbprint certs/daemon.pem --format sha1',
      'todo-cli cert thumbprint vault:daemon --json',
    ],
    load: () => import('./thumbprint.ts').then((m) => m.thumbprint),
  },
  {
    usage: 'show [cert]',
    summary: 'Show what is in a certificate: names, dates, key, usage, thumbprints',
    options: [PASSPHRASE_ENV_OPTION],
    settings: CERT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert show certs/daemon.pem',
      'todo-cli cert show vault:daemon --json',
      'cat daemon.pfx | todo-cli cert show - --passphrase-env PFX_PASSPHRASE',
    ],
    load: () => import('./show.ts').then((m) => m.show),
  },
  {
    usage: 'list',
    summary: 'List the certificates of a folder, and of the vault, with the days that they have left',
    options: [
      ['--folder FOLDER', 'The folder (default certs)'],
      ['--vault URL', 'Those of this key vault too'],
      [
        '--all',
        'Those of the configured vault and of the app too; exit code 1 where one has under 30 days left',
      ],
    ],
    settings: CERT_SETTINGS,
    exitCodes: [[1, 'failed, or with --all: a certificate is due'], ...SERVICE_EXIT_CODES.slice(1)],
    examples: [
      'todo-cli cert list',
      'todo-cli cert list --all --json',
      'todo-cli cert list --vault https://contoso.vault.azure.net',
    ],
    load: () => import('./list.ts').then((m) => m.list),
  },
  {
    usage: 'verify [cert]',
    summary: 'Check a certificate: dates, algorithm, private key, usage, chain, file, registration',
    options: [PASSPHRASE_ENV_OPTION],
    settings: CERT_SETTINGS,
    exitCodes: VERIFY_EXIT_CODES,
    examples: ['todo-cli cert verify certs/daemon.pem', 'todo-cli cert verify vault:daemon --json'],
    load: () => import('./verify.ts').then((m) => m.verify),
  },
  {
    usage: 'needs-renewal [cert]',
    summary: 'Tell by the exit code whether a certificate is due for renewal',
    options: [
      [
        '--expires-in TIME',
        'Due so long before its end (30d, 720h), or past a share of its life (default 66%)',
      ],
      PASSPHRASE_ENV_OPTION,
    ],
    settings: CERT_SETTINGS,
    exitCodes: [
      [1, 'it does not need renewal (0: it does)'],
      [2, 'there is no such certificate'],
      [255, 'an error'],
    ],
    exitCodeOf: renewalExitCode,
    examples: [
      'todo-cli cert needs-renewal certs/daemon.pem && echo "renew it"',
      'todo-cli cert needs-renewal vault:daemon --expires-in 30d --json',
    ],
    load: () => import('./needs-renewal.ts').then((m) => m.needsRenewal),
  },
  {
    usage: 'convert <in> <out>',
    summary: 'Write a certificate in another form: .pem, .pfx, .p12, .crt, .cer, .der or .key',
    options: [
      ['--key FILE', 'The file of the private key, where it is not in IN'],
      PASSPHRASE_ENV_OPTION,
      ...NEW_PASSPHRASE,
      ['--force', 'Replace OUT where it exists'],
    ],
    settings: CERT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert convert daemon.pfx daemon.pem --passphrase-env PFX_PASSPHRASE',
      'todo-cli cert convert daemon.pem daemon.pfx --new-passphrase-file pass.txt',
      'todo-cli cert convert daemon.crt daemon.pem --key daemon.key',
    ],
    load: () => import('./convert.ts').then((m) => m.convert),
  },
  {
    usage: 'export [cert]',
    summary: 'Write the public part of a certificate to a file, or all of it',
    options: [
      ['--out FILE', 'The file to write; its ending says the form'],
      ['--with-private-key', 'The private key too; from a vault only where it may leave it'],
      PASSPHRASE_ENV_OPTION,
      ...NEW_PASSPHRASE,
      ['--force', 'Replace the file where it exists'],
    ],
    settings: CERT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert export vault:daemon --out daemon.crt',
      'todo-cli cert export daemon.pem --out daemon.pfx --with-private-key',
    ],
    load: () => import('./export.ts').then((m) => m.exportCertificate),
  },
  {
    usage: 'import <file>',
    summary: 'Bring a certificate with its private key, in any form, into a key vault',
    options: [
      ['--vault URL', 'The key vault (default: the one of the profile)'],
      ['--name NAME', "Its name in the vault (default: the file's)"],
      ['--exportable', 'Let the private key be exported again'],
      ['--key FILE', 'The file of the private key, where it is not in FILE'],
      PASSPHRASE_ENV_OPTION,
    ],
    settings: CERT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert import daemon.pem --vault https://contoso.vault.azure.net',
      'todo-cli cert import daemon.pfx --passphrase-env PFX_PASSPHRASE',
    ],
    load: () => import('./import.ts').then((m) => m.importCertificate),
  },
  {
    usage: 'rotate [cert]',
    summary:
      'Replace a certificate: register a new one beside it, prove that it works, change over, then remove the old',
    options: [
      ['--overlap TIME', 'How long the old one goes on working (default 7d)'],
      ['--if-needed TIME', 'Only so long before its end (30d, 720h), or past a share of its life (66%)'],
      [
        '--days N',
        'How long the new one lives, in a vault in whole months (default: as long as the old one)',
      ],
      ['--finish', 'End the overlap of the last rotation now'],
      ['--dry-run', 'Show the steps, and take none'],
      ['--keep-old', 'Keep the old file, or the old version enabled, after the overlap'],
      ['--proof', 'Without rights in the directory: the app proves itself with its present certificate'],
      ['--wait TIME', 'How long the issuer may take to know the new one (default 60s)'],
      PASSPHRASE_ENV_OPTION,
    ],
    settings: [...CERT_SETTINGS, ...ROTATION_SETTINGS],
    exitCodes: [
      [1, 'failed, the old one stays; or: in its overlap, or another run is at it'],
      ...SERVICE_EXIT_CODES.slice(1),
    ],
    examples: [
      'todo-cli cert rotate --dry-run',
      'todo-cli cert rotate certs/daemon.pem --overlap 14d',
      'todo-cli cert rotate vault:daemon',
      'todo-cli cert rotate --if-needed 30d --quiet',
      'todo-cli cert rotate --finish',
    ],
    load: () => import('./rotate.ts').then((m) => m.rotate),
  },
  {
    usage: 'remove <cert>',
    summary: 'Remove a certificate file, and those beside it with the same certificate; or one in a vault',
    options: [
      ['--yes', 'Do not ask'],
      ['--purge', 'In a vault: for good, also one that is deleted already'],
      PASSPHRASE_ENV_OPTION,
    ],
    settings: CERT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli cert remove certs/old.pem',
      'todo-cli cert remove certs/old.pem --yes --json',
      'todo-cli cert remove vault:old --purge',
    ],
    load: () => import('./remove.ts').then((m) => m.remove),
  },
  {
    usage: 'recover <cert>',
    summary: 'Bring a deleted certificate of a key vault back, with its private key',
    settings: VAULT_SETTINGS,
    exitCodes: SERVICE_EXIT_CODES,
    examples: ['todo-cli cert recover vault:daemon'],
    load: () => import('./vault-recover.ts').then((m) => m.recover),
  },
]

export function cert(noun: Command, launch: Launch): void {
  for (const verb of VERBS) addVerb(noun, verb, launch)
}
