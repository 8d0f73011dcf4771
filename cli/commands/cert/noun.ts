import type { Command } from 'commander'
import { addVerb, COMMON_EXIT_CODES, type Launch, SERVICE_EXIT_CODES } from '../../command.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'

export function cert(noun: Command, launch: Launch): void {
  addVerb(
    noun,
    {
      usage: 'create [name]',
      summary: 'Create a key pair and a self-signed certificate, in files or in a key vault',
      options: [
        ['--subject DN', 'The distinguished name, for instance "CN=daemon,O=Contoso" (default CN=NAME)'],
        ['--days N', 'How long it is valid (default 365)'],
        ['--key-size BITS', '2048, 3072 or 4096 (default 2048)'],
        ['--out FOLDER', 'Where to write (default certs)'],
        ['--force', 'Replace files that exist'],
        ['--vault URL', 'Have this key vault make it; the private key never leaves the vault'],
        ['--exportable', 'With --vault: let the private key be exported'],
      ],
      settings: VAULT_SETTINGS.filter(({ key }) => key !== 'keyVaultUrl'),
      exitCodes: SERVICE_EXIT_CODES,
      examples: [
        'todo-cli cert create daemon',
        'todo-cli cert create daemon --subject "CN=daemon,O=Contoso" --days 180 --key-size 3072',
        'todo-cli cert create daemon --vault https://contoso.vault.azure.net',
      ],
      load: () => import('./create.ts').then((m) => m.create),
    },
    launch,
  )
  addVerb(
    noun,
    {
      usage: 'thumbprint [cert]',
      summary: "Print a certificate's thumbprints, and where each is used",
      options: [['--format FORMAT', 'Only this one: sha1, x5t, sha256 or x5t#S256']],
      settings: VAULT_SETTINGS,
      exitCodes: COMMON_EXIT_CODES,
      examples: [
        'todo-cli cert thumbprint certs/daemon.pem',
        'todo-cli cert thumbprint certs/daemon.pem --format sha1',
        'todo-cli cert thumbprint vault:daemon --json',
      ],
      load: () => import('./thumbprint.ts').then((m) => m.thumbprint),
    },
    launch,
  )
}
