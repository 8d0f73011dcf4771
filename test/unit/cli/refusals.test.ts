/** What a service refuses is explained on the spot, through the whole program: cause, next command, and with --verbose all of its words. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { aadstsCodes } from '../../../cli/auth/aadsts.ts'
import { explain } from '../../../cli/explain/explain.ts'
import { GRAPH_CODES } from '../../../cli/graph/codes.ts'
import { expectError, runCli, temporaryHome } from '../../support/cli.ts'
import { startFalseIssuer } from '../../support/false-issuer.ts'
import { commandsIn, usageError } from '../../support/hints.ts'
import { vaultError, withStubVault } from '../../support/stub-vault.ts'
import { withTenant } from '../../support/tenant.ts'
import { startWebServer, type Tls, tlsFor } from '../../support/web-server.ts'

const { folder, env: home } = temporaryHome()
const [TENANT, CLIENT, API, TRACE, CORRELATION] = Array.from({ length: 5 }, () => randomUUID())
let tls: Tls
beforeAll(async () => {
  tls = await tlsFor('localhost')
  await writeFile(join(folder, 'ca.pem'), tls.cert)
})

async function expectCommandsIn(stderr: string) {
  for (const command of commandsIn(/^hint: (.*)$/m.exec(stderr)?.[1] ?? ''))
    expect({ command, wrong: await usageError(command) }).toEqual({ command, wrong: undefined })
}

describe('a refusal of the issuer', () => {
  /** Entra's envelope, entra.md 2.1: with spaces since 2024, with line breaks before. */
  const envelope = (code: string, separator: string) => ({
    error: 'invalid_client',
    error_description: [
      `${code}: Words of Entra.`,
      `Trace ID: ${TRACE}`,
      `Correlation ID: ${CORRELATION}`,
      'Timestamp: 2026-08-13 21:24:29Z',
    ].join(separator),
    error_codes: [Number(code.replace('AADSTS', ''))],
    timestamp: '2026-08-13 21:24:29Z',
    trace_id: TRACE,
    correlation_id: CORRELATION,
  })

  const show = async (body: object, ...flags: string[]) => {
    const { authority } = await startFalseIssuer({
      tenantId: TENANT ?? '',
      tls,
      token: () => ({ status: 401, body }),
    })
    return runCli(['token', 'show', ...flags], {
      env: {
        ...home,
        AUTHORITY: authority,
        CLIENT_ID: CLIENT,
        CLIENT_SECRET: 'a-secret',
        SCOPES: `api://${API}/.default`,
        TODO_CLI_CA_FILE: join(folder, 'ca.pem'),
      },
    })
  }

  it.each(aadstsCodes())('%s is explained where it happens', async (code) => {
    const result = await show(envelope(code, ' '))
    expectError(result, 4, `${explain(code)?.means} (${code})`)
    expect(result.stderr).toMatch(/^hint: \S/m)
    // The ids are known here, so the command can be pasted as it is.
    expect(result.stderr).not.toMatch(/--id CLIENT_ID|--api API_CLIENT_ID/)
    await expectCommandsIn(result.stderr)
  })

  it.each([' ', '\r\n'])('is told in full with --verbose, its parts apart by %j', async (separator) => {
    const { stderr } = await show(envelope('AADSTS700016', separator), '--verbose')
    expect(stderr).toContain(
      `> Error: AADSTS700016: Words of Entra. Trace ID: ${TRACE} Correlation ID: ${CORRELATION} Timestamp: 2026-08-13 21:24:29Z`,
    )
  })

  it('is not told in full without', async () => {
    const { stderr } = await show(envelope('AADSTS700016', ' '))
    expect(stderr).not.toContain(TRACE)
  })

  it('has its code in the error of --json', async () => {
    const { stderr } = await show(envelope('AADSTS700016', ' '), '--json')
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'issuer-refused', serviceCode: 'AADSTS700016', exitCode: 4, hint: expect.any(String) },
    })
  })
})

describe('a refusal of the vault', () => {
  const tenant = withTenant()
  const stub = withStubVault()
  const read = async (...flags: string[]) => readIn(tenant().tenantId, ...flags)
  const readIn = async (challenged: string, ...flags: string[]) => {
    const { caPem, authority, tenantId, operator } = tenant()
    stub().tenant = challenged
    await writeFile(join(folder, 'both.pem'), caPem + stub().caPem)
    await writeFile(join(folder, 'operator.pem'), operator.certificatePem, { mode: 0o600 })
    return runCli(['cert', 'show', `${stub().url}/certificates/daemon`, ...flags], {
      env: {
        ...home,
        TODO_CLI_CA_FILE: join(folder, 'both.pem'),
        TODO_CLI_VAULT_AUTH: 'certificate',
        VAULT_CERTIFICATE_FILE: join(folder, 'operator.pem'),
        AZURE_AUTHORITY_HOST: new URL(authority).origin,
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_ID: operator.appId,
      },
    })
  }

  it.each([
    [
      401,
      'Unauthorized',
      undefined,
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: x.',
      4,
      /for another resource/,
    ],
    [401, 'Unauthorized', undefined, 'AKV10032: Invalid issuer.', 4, /of another tenant than the vault's/],
    [
      401,
      'Unauthorized',
      undefined,
      'AKV10000: Request is missing a Bearer or PoP token.',
      4,
      /had no token/,
    ],
    [
      403,
      'Forbidden',
      'ForbiddenByRbac',
      "Action: 'Microsoft.KeyVault/vaults/certificates/read'",
      4,
      /denies "certificates get"/,
    ],
    [
      403,
      'Forbidden',
      'ForbiddenByPolicy',
      "The user 'oid=x' does not have certificates get permission on key vault 'v;location=x'.",
      4,
      /denies "certificates get"/,
    ],
    [403, 'Forbidden', undefined, 'No.', 4, /denies this/],
    [403, 'Forbidden', 'ForbiddenByFirewall', 'Client address is not authorized.', 4, /firewall/],
    [403, 'Forbidden', 'ForbiddenByConnection', 'Public network access is disabled.', 4, /private link/],
    [403, 'Forbidden', 'CertificateDisabled', 'Disabled.', 2, /is disabled/],
    [403, 'Forbidden', 'KeyExpired', 'Expired.', 4, /outside its dates/],
    [403, 'Forbidden', 'KeyNotYetValid', 'Not yet.', 4, /outside its dates/],
    [
      403,
      'Forbidden',
      'KeyOperationForbidden',
      'Operation sign is not permitted on this key.',
      4,
      /is not for signatures/,
    ],
    [
      404,
      'CertificateNotFound',
      undefined,
      'A certificate with (name/id) daemon was not found.',
      2,
      /has no certificate "daemon"/,
    ],
    [
      404,
      'SecretNotFound',
      undefined,
      'A secret with (name/id) daemon was not found.',
      2,
      /has no certificate "daemon"/,
    ],
    [
      404,
      'KeyNotFound',
      undefined,
      'A key with (name/id) daemon was not found.',
      2,
      /has no certificate "daemon"/,
    ],
    [409, 'Conflict', 'ObjectIsDeletedButRecoverable', 'Deleted.', 2, /keeps a deleted certificate/],
    [409, 'Conflict', 'ObjectIsBeingDeleted', 'Being deleted.', 1, /is being deleted/],
    [409, 'Conflict', undefined, 'Busy.', 1, /is busy/],
    [400, 'BadParameter', undefined, 'Wrong.', 1, /refused the request \(BadParameter\)/],
  ] as const)(
    '%i %s %s is explained where it happens',
    async (status, code, inner, words, exitCode, message) => {
      stub().answer = vaultError(status, code, words, inner, { 'x-ms-request-id': 'id-of-the-request' })
      const result = await read()
      expectError(result, exitCode, message)
      expect(result.stderr).toMatch(/^hint: \S/m)
      expect(result.stderr).not.toContain('id-of-the-request')
      await expectCommandsIn(result.stderr)
      expect(explain(inner ?? /AKV\d+/.exec(words)?.[0] ?? code)).toBeDefined()
    },
  )

  it('of an identity that is of another tenant than the vault says so, and how to sign in to its tenant', async () => {
    const other = randomUUID()
    const result = await readIn(other)
    expectError(
      result,
      4,
      `the vault is of the tenant ${other}, and the identity that opens it is of another`,
    )
    expect(result.stderr).toContain(`todo-cli config set vaultTenantId ${other}`)
    await expectCommandsIn(result.stderr)
  })

  it('is told in full with --verbose', async () => {
    const rbac = 'Caller is not authorized to perform action on resource.\r\nCaller: appid=x;oid=y'
    stub().answer = vaultError(403, 'Forbidden', rbac, 'ForbiddenByRbac', {
      'x-ms-request-id': 'id-of-the-request',
    })
    const { stderr } = await read('--verbose')
    expect(stderr).toMatch(
      /^> Error: Caller is not authorized .*Caller: appid=x;oid=y.*\(x-ms-request-id id-of-the-request\)$/m,
    )
  })
})

describe('a refusal of Microsoft Graph', () => {
  const tenant = withTenant()
  const ask = async (status: number, error: object, ...flags: string[]) => {
    const { caPem, authority, tenantId, operator } = tenant()
    const graph = await startWebServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '3600' })
      response.end(JSON.stringify({ error }))
    }, tls)
    await writeFile(join(folder, 'graph-ca.pem'), caPem + tls.cert)
    await writeFile(join(folder, 'operator.pem'), operator.certificatePem, { mode: 0o600 })
    return runCli(['app', 'credential', 'list', ...flags], {
      env: {
        ...home,
        CLIENT_ID: CLIENT,
        TENANT_ID: tenantId,
        TODO_CLI_GRAPH_URL: `${graph.origin}/v1.0`,
        TODO_CLI_CA_FILE: join(folder, 'graph-ca.pem'),
        TODO_CLI_VAULT_AUTH: 'certificate',
        VAULT_CERTIFICATE_FILE: join(folder, 'operator.pem'),
        AZURE_AUTHORITY_HOST: new URL(authority).origin,
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_ID: operator.appId,
      },
    })
  }
  const STATUS: Readonly<Record<string, number>> = {
    InvalidAuthenticationToken: 401,
    Authentication_ExpiredToken: 401,
    Authentication_MissingOrMalformed: 401,
    Authorization_RequestDenied: 403,
    Authorization_IdentityNotFound: 401,
    Request_ResourceNotFound: 404,
    TooManyRequests: 429,
    Service_InternalServerError: 500,
    ServiceUnavailable: 503,
  }

  it.each(Object.keys(GRAPH_CODES))('%s is explained where it happens', async (code) => {
    const result = await ask(STATUS[code] ?? 400, { code, message: 'Words of Graph.' })
    expect([1, 2, 4, 6]).toContain(result.exitCode)
    expectError(
      result,
      result.exitCode ?? 0,
      /Microsoft Graph|has no app|policy|certificate|seconds ago|secret/,
    )
    expect(result.stderr).toMatch(/^hint: \S/m)
    await expectCommandsIn(result.stderr)
  })

  it('by a detail of its error is told by that', async () => {
    const details = [{ code: 'NoBackingApplicationObject', message: 'x' }]
    const { stderr } = await ask(400, { code: 'Request_BadRequest', message: 'Words.', details })
    expect(stderr).toMatch(/^error: the app was registered seconds ago/)
  })

  it('is told in full with --verbose', async () => {
    const innerError = { date: '2026-11-25T10:00:00', 'request-id': 'id-1', 'client-request-id': 'id-2' }
    const error = { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.', innerError }
    const { stderr } = await ask(403, error, '--verbose')
    expect(stderr).toContain(
      'status 403, Authorization_RequestDenied: Insufficient privileges. (request-id id-1, client-request-id id-2, date 2026-11-25T10:00:00)',
    )
    expect((await ask(403, error)).stderr).not.toContain('id-1')
  })
})
