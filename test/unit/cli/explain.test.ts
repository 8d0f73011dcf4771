/** Every code that the program explains: what it means in a sentence, and a command that exists. */
import { describe, expect, it } from 'vitest'
import { explain, knownCodes, nearest } from '../../../cli/explain/explain.ts'
import { ERRORS } from '../../../core/errors.ts'
import { expectError, runCli } from '../../support/cli.ts'
import { commandsIn, usageError } from '../../support/hints.ts'

/** What a hint may name beside this program: each with what must follow, so that it runs when it is pasted. */
const TOOLS: readonly RegExp[] = [
  /\baz login\b/,
  /\baz account show\b/,
  /\baz ad app (show|list|update|credential reset|permission (add|admin-consent)|federated-credential list) /,
  /\baz ad sp (show|create|update) /,
  /\baz keyvault (show|list|update|set-policy|network-rule add|certificate (set-attributes|list-deleted)) /,
  /\baz role assignment (create|list) /,
  /\baz rest --method (get|patch) --url /,
  /\bsudo timedatectl set-ntp true\b/,
  /\b(curl -i|chmod 600|openssl \w+|ls -ld?|sha256sum|date -u|cat \w+ \w+ >|export [A-Z_]+=)/,
  /\btodo-api --help\b/,
  /(^|\s)--(verbose|force|auth|vault-auth|client-secret-file)\b/,
]

describe('every code', () => {
  it('is known once', () => {
    const codes = knownCodes().map((code) => code.toLowerCase())
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
  })

  it.each(knownCodes())('%s has a cause in a sentence, and a command that can be typed', async (code) => {
    const { means = '', hint = '', ...found } = explain(code) ?? {}
    expect(found).toEqual({ code })
    expect(means).toMatch(/^.{12,220}$/)
    expect(`${means}${hint}`).not.toMatch(/undefined|\[object|[\r\n]/)
    const commands = commandsIn(hint)
    for (const command of commands)
      expect({ command, wrong: await usageError(command) }).toEqual({ command, wrong: undefined })
    const known = commands.length > 0 || TOOLS.some((tool) => tool.test(hint))
    expect({ hint, known }).toEqual({ hint, known: true })
    // No command of az but those whose shape is known.
    const bare = hint.replace(new RegExp(TOOLS.map(({ source }) => source).join('|'), 'g'), '')
    expect(bare).not.toMatch(/\baz [a-z]/)
  })

  it('of this program has its exit code in its explanation', () => {
    for (const [code, { exitCode }] of Object.entries(ERRORS))
      expect(explain(code)?.means).toContain(`Exit code ${exitCode}.`)
  })
})

/** entra.md 2.2 and 2.7, key-vault.md 3: the codes that the services are known to answer with. */
const REFERENCE = [
  ...[700016, 700038, 7000215, 7000222, 7000218, 700025, 700027, 700024, 700021, 700023, 50012, 50027],
  ...[5002727, 5002738, 500011, 1002012, 70011, 900144, 70003, 501051, 90002, 900023],
  // Those for which Microsoft.Identity.Web reads the certificate again.
  ...[7000214, 7000277, 7000274, 1000502],
  // Those that the local tenant gives beside them.
  ...[50013, 50059, 50166, 65001, 650053, 70000, 7000112, 700082, 70016, 70018, 70019],
  ...[700211, 700212, 700213, 90011, 90033, 900561],
].map((code) => `AADSTS${code}`)

const OTHER_REFERENCE = [
  ...['AKV10000', 'AKV10022', 'AKV10032', 'Unauthorized', 'BadParameter', 'CertificateNotFound'],
  ...['SecretNotFound', 'KeyNotFound', 'Forbidden', 'ForbiddenByPolicy', 'ForbiddenByRbac', 'SecretDisabled'],
  ...['KeyOperationForbidden', 'Conflict', 'ObjectIsBeingDeleted', 'ObjectIsDeletedButRecoverable'],
  ...['KeyDisabled', 'KeyExpired', 'KeyNotYetValid', 'PendingCertificateNotFound', 'RequestTooLarge'],
  ...['AKV10001', 'AKV10073', 'InternalServerError', 'ForbiddenByFirewall', 'ForbiddenByConnection'],
  ...['Request_ResourceNotFound', 'Authorization_RequestDenied', 'KeyCredentialsInvalidEndDate'],
  ...['CredentialInvalidLifetimeAsPerAppPolicy', 'InvalidAuthenticationToken', 'NoBackingApplicationObject'],
  ...['Authentication_MissingOrMalformed', 'Request_BadRequest', 'CredentialTypeNotAllowedAsPerAppPolicy'],
  ...['Request_MultipleObjectsWithSameKeyValue', 'ObjectConflict', 'CannotDeleteOrUpdateEnabledEntitlement'],
  ...['KeyCredentialsInvalidKey', 'KeyCredentialsInvalidUsage', 'KeyCredentialsInvalidType'],
  ...['PasswordCredentialsInvalidEndDate', 'Request_EntityTooLarge', 'Service_InternalServerError'],
  ...['401', '403', '404', '407', '429', '500', '503'],
  ...['endpoints_resolution_error', 'network_error', 'IDX20804', 'ENOTFOUND', 'ERR_PROXY_TUNNEL'],
]

describe('todo-cli explain', () => {
  it.each([...REFERENCE, ...OTHER_REFERENCE])('knows %s', async (code) => {
    const { stdout, stderr, exitCode } = await runCli(['explain', code, '--json'])
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(JSON.parse(stdout)).toEqual({ code, means: expect.any(String), next: expect.any(String) })
  })

  it.each([
    ['AADSTS700027', 'AADSTS700027'],
    ['700027', 'AADSTS700027'],
    ['aadsts700027', 'AADSTS700027'],
    [' AADSTS700027 ', 'AADSTS700027'],
    ['AADSTS700027:', 'AADSTS700027'],
    ['forbiddenbyrbac', 'ForbiddenByRbac'],
    ['akv10032', 'AKV10032'],
    ['authorization_requestdenied', 'Authorization_RequestDenied'],
    ['CERTIFICATE-EXPIRED', 'certificate-expired'],
    ['enotfound', 'ENOTFOUND'],
    [
      'invalid_client: 7000215 - [2026-08-13 21:24:29Z]: AADSTS7000215: Invalid client secret provided. Trace ID: 11111111-1111-4111-8111-111111111111',
      'AADSTS7000215',
    ],
    ['error: the issuer refused the request: the client secret is wrong (AADSTS7000215)', 'AADSTS7000215'],
    [
      'ClientAuthError: endpoints_resolution_error: Endpoints cannot be resolved',
      'endpoints_resolution_error',
    ],
    ['{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByPolicy"}}}', 'ForbiddenByPolicy'],
    [
      "IDX20804: Unable to retrieve document from: 'https://x.ciamlogin.com/common/discovery/keys'",
      'IDX20804',
    ],
  ])('finds the code in %j', async (text, code) => {
    const { stdout, exitCode } = await runCli(['explain', text, '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ code })
  })

  const pasted = (reason: string) =>
    `AADSTS700027: The certificate with identifier used … [Reason - ${reason}]`
  it.each([
    ["The key was not found., Thumbprint of key used by client: 'A'", /^the certificate is not registered/],
    [
      `The key was not found., Thumbprint of key used by client: '${'AB'.repeat(32)}'`,
      /SHA-256 was given where SHA-1 belongs/,
    ],
    ['The key used is expired., Found key', /has expired, or is not valid yet/],
    ['The provided signature value did not match the expected signature value.', /not made with the key/],
  ])('tells the reasons of AADSTS700027 apart in a pasted message: %s', async (reason, means) => {
    const { stdout } = await runCli(['explain', pasted(reason), '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'AADSTS700027',
      means: expect.stringMatching(means) as string,
    })
  })

  it.each([
    ['AADSTS70027', 'AADSTS700027'],
    ['7000251', 'AADSTS7000215'],
    ['AADSTS7000219', 'AADSTS700021'],
    ['ForbiddenByRbca', 'ForbiddenByRbac'],
    ['CertificateNotfond', 'CertificateNotFound'],
    ['certificate-exipred', 'certificate-expired'],
    ['Autorization_RequestDenied', 'Authorization_RequestDenied'],
    ['endpoint_resolution_error', 'endpoints_resolution_error'],
  ])('%s is not known, and %s is what may be meant', async (typed, meant) => {
    const result = await runCli(['explain', typed])
    expectError(result, 2, `"${typed}" is no code that is known here`)
    expect(result.stderr).toMatch(/^hint: perhaps: todo-cli explain \S+/m)
    expect(nearest(typed)).toContain(meant)
    for (const code of nearest(typed)) expect(explain(code)?.code).toBe(code)
  })

  it.each([
    ['AADSTS123456', /^hint: look it up: https:\/\/login\.microsoftonline\.com\/error\?code=123456$/m],
    ['123456', /\?code=123456$/m],
    ['AKV99999', /rest-error-codes$/m],
    ['zzz', /^hint: give a code such as AADSTS700027.*todo-cli explain AADSTS700027$/m],
    ['', /^hint: give a code such as/m],
    ['1', /^hint: give a code such as/m],
    ['418', /^hint: give a code such as/m],
    ['__proto__', /^hint: give a code such as/m],
    ['constructor', /^hint: /m],
    ['hasOwnProperty', /^hint: /m],
    ['nothing of this is a code', /^hint: give a code such as/m],
    ['x'.repeat(100_000), /^hint: give a code such as/m],
  ])('says of %j where to look', async (text, hint) => {
    const result = await runCli(['explain', text])
    expectError(result, 2, /is no code that is known here/)
    expect(result.stderr).toMatch(hint)
  })

  it('shows nothing of a control character in what was pasted', async () => {
    const { stderr } = await runCli(['explain', '\u001b[31mred'])
    expect(stderr).not.toContain('\u001b')
  })
})
