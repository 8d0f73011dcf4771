/**
 * Bad input, one line each: the exit code, what is said, and that nothing came of it. The transcripts show the most usual
 * ones as a user sees them; here are the others.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { PASSPHRASE, writeBadCertificates } from '../../support/bad-certificates.ts'
import { expectError, runCli, temporaryHome } from '../../support/cli.ts'
import { wordsOf } from '../../support/hints.ts'
import { startWebServer, type WebServer } from '../../support/web-server.ts'

const { folder, env: home } = temporaryHome()
const bad = join(folder, 'bad')
let anybody: WebServer

/** All that is needed, of services that note who asks them. */
let env: Record<string, string>

beforeAll(async () => {
  await writeBadCertificates(bad)
  writeFileSync(join(bad, 'hello.txt'), 'hello')
  mkdirSync(join(folder, 'out'))
  anybody = await startWebServer((_, response) => response.end())
  env = {
    ...home,
    AUTHORITY: `https://localhost:${anybody.port}/11111111-1111-4111-8111-111111111111`,
    CLIENT_ID: '22222222-2222-4222-8222-222222222222',
    CLIENT_SECRET: 'hunter2',
    SCOPES: 'api://33333333-3333-4333-8333-333333333333/.default',
    API_ENDPOINT: `${anybody.origin}/api/todolist`,
    KEY_VAULT_URL: `https://localhost:${anybody.port}`,
    CERTIFICATE_NAME: 'daemon',
    CERT_PRIVATE_KEY_FILE: join(bad, 'good.pem'),
  }
})

type Case = readonly [
  line: string,
  exitCode: number,
  message: RegExp,
  more?: Readonly<Record<string, string>>,
]

/** `BAD` is the folder of bad certificate files, `OUT` one to write into. */
const run = (line: string, more: Readonly<Record<string, string>> = {}) =>
  runCli(
    wordsOf(line).map((word) => word.replace('BAD', bad).replace('OUT', join(folder, 'out'))),
    { env: { ...env, ...more } },
  )

function refuses(cases: readonly Case[]): void {
  const named = cases.map(([line, exitCode, message, more = {}]) => ({ line, exitCode, message, more }))
  it.each(named)('$line', async ({ line, exitCode, message, more }) => {
    const result = await run(line, more)
    expectError(result, exitCode, message)
    expect(result.stderr, 'has a hint').toMatch(/\nhint: \S/)
    expect(result.stderr).not.toContain('hunter2')
    expect(anybody.requests, 'nobody was asked').toEqual([])
    expect(readdirSync(join(folder, 'out')), 'nothing was written').toEqual([])
  })
}

describe('usage', () => {
  refuses([
    ['app', 2, /no command was given/],
    [
      'app credential',
      2,
      /no command was given; there are:\n {2}add .*\n {2}list .*\n {2}remove .*\nhint: todo-cli app credential --help/,
    ],
    ['frobnicate', 2, /unknown command 'frobnicate'/],
    ['help frobnicate', 2, /there is no command "frobnicate"\nhint: todo-cli --help/],
    ['help tods', 2, /did you mean "todos"/],
    ['todos list --frobnicate', 2, /unknown option '--frobnicate'/],
    ['todos list --no-colour', 2, /Did you mean --no-color\?/],
    ['todos edit 1', 2, /missing required argument 'text'/],
    ['todos add "  "', 2, /the text is empty/],
    ['todos show ""', 2, /"" is not the id of a todo/],
    ['todos show .', 2, /"\." is not the id of a todo/],
    ['todos edit "" Tea', 2, /"" is not the id of a todo/],
    ['todos done "" 1', 2, /"" is not the id of a todo/],
    ['todos reopen " "', 2, /" " is not the id of a todo/],
    ['todos remove "" --yes', 2, /"" is not the id of a todo/],
    ['todos remove .. --yes', 2, /"\.\." is not the id of a todo/],
    [`todos add ${'x'.repeat(1001)}`, 2, /1001 characters; 1000 are the most/],
    ['cert create a b', 2, /too many arguments/],
    ['cert create daemon --out ""', 2, /--out is empty/],
    ['cert create . --out OUT', 2, /can not be a certificate's file name/],
    ['cert create -- -x --out OUT', 2, /too many arguments|can not be/],
    ['cert create daemon --days soon --out OUT', 2, /--days is not a whole number/],
    ['cert create daemon --days 1.5 --out OUT', 2, /--days is not a whole number/],
    ['cert create daemon --days 99999 --out OUT', 2, /--days is not a whole number/],
    ['cert create daemon --key-size big --out OUT', 2, /--key-size is not one of/],
    ['cert create daemon --subject Daemon --out OUT', 2, /the subject can not be read/],
    ['cert create daemon --subject "" --out OUT', 2, /subject/],
    ['cert create a_b --vault https://localhost:1', 2, /not a name for a certificate in a vault/],
    ['cert create a --vault http://localhost:1', 2, /would send credentials in the clear/],
    ['cert create a --vault nowhere', 2, /not an address/],
    ['cert thumbprint vault:a/b/c', 2, /not the name of a certificate in a vault/],
    ['cert thumbprint vault:', 2, /vault: is empty/],
    ['cert thumbprint https://contoso.vault.azure.net/keys/daemon', 2, /not the address of a certificate/],
    ['cert thumbprint http://contoso.vault.azure.net/certificates/a', 2, /not the address of a certificate/],
    ['config set auth', 2, /missing required argument 'value'/],
    ['config get colour', 2, /there is no setting "colour"/],
    ['config get constructor', 2, /there is no setting "constructor"/],
    ['config set clientSecret hunter2', 2, /is a secret/],
    ['config set apiEndpoint http://example.com', 2, /in the clear/],
    ['config unset colour', 2, /there is no setting/],
    ['config unset auth', 2, /there is no profile "default"/],
    ['config use nobody', 2, /there is no profile "nobody"/],
  ])
})

describe('settings', () => {
  refuses([
    ['todos list --client-id ""', 2, /clientId \(--client-id\) is empty/],
    ['todos list --client-id daemon', 2, /the client id \(--client-id\) is not a GUID/],
    ['todos list --auth carrier-pigeon', 2, /carrier-pigeon/],
    ['todos list', 2, /carrier-pigeon/, { TODO_CLI_AUTH: 'carrier-pigeon' }],
    ['todos list --auth ""', 2, /auth \(--auth\) is empty/],
    ['todos list --scopes ToDoList.Read', 2, /"ToDoList\.Read" \(--scopes\) does not end in \/\.default/],
    ['todos list --authority login.microsoftonline.com', 2, /authority \(--authority\) is not an address/],
    ['todos list --authority http://login.microsoftonline.com/contoso', 2, /in the clear/],
    ['todos list --authority https://login.microsoftonline.com/common', 2, /a daemon needs its own tenant/],
    [
      'todos list --authority https://login.microsoftonline.com/contoso/v2.0',
      2,
      /hint: write it as https:\/\/login\.microsoftonline\.com\/contoso\n/,
    ],
    ['todos list --api-endpoint example.com', 2, /apiEndpoint \(--api-endpoint\) is not an address/],
    [
      'todos list --api-endpoint https://user:hunter2@example.com/x',
      2,
      /hint: use https:\/\/example\.com\/x\n/,
    ],
    ['todos list --auth keyvault --key-vault-url http://contoso.vault.azure.net', 2, /in the clear/],
    [
      'todos list --auth keyvault --certificate-name a/b',
      2,
      /certificateName \(--certificate-name\) is not a name/,
    ],
    [
      'todos list --auth keyvault --vault-auth carrier-pigeon',
      2,
      /vaultAuth \(--vault-auth\) can not be "carrier-pigeon"/,
    ],
    ['todos list --timeout soon', 2, /timeout \(--timeout\) is not a time/],
    ['todos list --timeout ""', 2, /timeout \(--timeout\) is not a time/],
    ['todos list', 2, /timeout \(TODO_CLI_TIMEOUT\) is not a time/, { TODO_CLI_TIMEOUT: '-1' }],
    ['todos list --assertion-alg HS256', 2, /assertionAlg \(--assertion-alg\) can not be "HS256"/],
    ['todos list', 2, /the client secret is empty/, { CLIENT_SECRET: ' ' }],
    ['todos list --client-secret-file BAD', 2, /should hold the client secret is a folder/],
    ['todos list --client-secret-file BAD/empty.pem', 2, /the client secret is empty/],
    ['todos list --ca-file BAD/nowhere', 2, /should hold the CAs is not there/],
    ['todos list --ca-file BAD/hello.txt', 2, /not a PEM file of CA certificates/],
    ['todos list --env-file BAD/nowhere', 2, /should hold the variables is not there/],
    ['todos list --profile nobody', 2, /there is no profile "nobody"/],
    ['todos list --profile ../x', 2, /there is no profile/],
    ['todos list --auth cert', 2, /certificateFile is not set/, { CERT_PRIVATE_KEY_FILE: '' }],
    ['cert thumbprint', 2, /certificateFile is not set/, { CERT_PRIVATE_KEY_FILE: '' }],
  ])
})

describe('certificate files', () => {
  const files: readonly (readonly [string, RegExp])[] = [
    ['nowhere', /there is no file/],
    ['folder', /is a folder/],
    ['empty', /is empty/],
    ['text', /is neither a PEM/],
    ['no-key', /no private key/],
    ['no-certificate', /no certificate/],
    ['two-keys', /2 private keys/],
    ['encrypted', /is encrypted\nhint: .*CERT_PASSPHRASE/],
    ['other-key', /belongs to another certificate/],
    ['ec', /Entra takes RSA only/],
    ['expired', /expired on \d{4}-\d\d-\d\d/],
    ['not-yet', /is valid from/],
    ['cut', /ends in the middle/],
  ]
  refuses(
    files.map(([name, message]) => [`todos list --auth cert --certificate-file BAD/${name}.pem`, 2, message]),
  )
  refuses([
    [
      'todos list --auth cert --certificate-file BAD/encrypted.pem --passphrase-file BAD/nowhere',
      2,
      /should hold the passphrase is not there/,
    ],
    [
      'todos list --auth cert --certificate-file BAD/encrypted.pem',
      2,
      /the passphrase does not open/,
      { CERT_PASSPHRASE: 'hunter2' },
    ],
    ['todos list --auth cert --cert-thumbprint abc', 2, /neither a SHA-1 nor a SHA-256 thumbprint/],
    [
      'todos list --auth cert --cert-thumbprint 0000000000000000000000000000000000000000',
      2,
      /is not the thumbprint of/,
    ],
    ['cert thumbprint ""', 2, /the name of the certificate is empty/],
    ['app credential add " "', 2, /the name of the certificate is empty/],
    ['cert thumbprint BAD/nowhere.pem', 2, /there is no file/],
    ['cert thumbprint BAD/folder.pem', 2, /is a folder/],
    ['cert thumbprint BAD/empty.pem', 2, /is empty/],
    ['cert thumbprint BAD/text.pem', 2, /is neither a PEM/],
    ['cert thumbprint BAD/no-certificate.pem', 2, /no certificate/],
    ['app credential add BAD/nowhere.pem', 2, /there is no file/],
    ['app credential add BAD/empty.pem', 2, /is empty/],
    ['app credential add BAD/expired.pem', 2, /expired on/],
  ])

  it('are named in every message, and their contents in none', async () => {
    for (const [name] of files) {
      const { stderr } = await run(`todos list --auth cert --verbose --certificate-file BAD/${name}.pem`)
      expect(stderr).toContain(`${name}.pem`)
      expect(stderr).not.toMatch(/Dear diary|MII[\w+/]{20}/)
      expect(stderr).not.toContain(PASSPHRASE)
    }
  })
})
