import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../../api/config.ts'
import { READ, WRITE } from '../../../core/permissions.ts'
import { appError } from '../../support/app-error.ts'
import { pkcs8, rsaKeys } from '../../support/certificates.ts'
import { localhostTls } from '../../support/issuer.ts'

const tid = 'AAAAAAAA-2222-3333-4444-555555555555'
const id = 'bbbbbbbb-2222-3333-4444-555555555555'
const minimal = { TODO_API_TENANT_ID: tid, TODO_API_CLIENT_ID: id, DATABASE_URL: 'sqlite:todos.db' }

let folder: string
let pem: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'todo-config-'))
  pem = join(folder, 'some.pem')
  const { certPem, keyPem } = await localhostTls()
  await writeFile(pem, certPem)
  await writeFile(join(folder, 'key.pem'), keyPem)
  await writeFile(join(folder, 'other-key.pem'), pkcs8((await rsaKeys()).privateKey))
  await writeFile(join(folder, 'empty.pem'), '')
  await writeFile(join(folder, 'bad.pem'), '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n')
  await writeFile(
    join(folder, 'half.pem'),
    `${certPem}-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n`,
  )
  await writeFile(join(folder, 'bundle.pem'), `# two\n${certPem}\n${certPem}`)
})
afterAll(() => rm(folder, { recursive: true }))

/** The message that names what is wrong. */
const mistake = async (env: Record<string, string | undefined>) =>
  (await appError('server-config-invalid', () => readConfig({ ...minimal, ...env }))).message

test('three variables are enough; everything else has the safe default', async () => {
  expect(await readConfig(minimal)).toEqual({
    tenantId: tid.toLowerCase(),
    clientId: id,
    authority: `https://login.microsoftonline.com/${tid.toLowerCase()}`,
    port: 44_351,
    host: undefined,
    tls: undefined,
    tlsTerminated: false,
    databaseUrl: 'sqlite:todos.db',
    corsOrigins: [],
    allowedClients: [],
    allowedTenants: [],
    caPem: undefined,
    proxy: undefined,
    seedExamples: false,
    acceptV1Tokens: false,
    permissions: { read: READ, write: WRITE },
    rateLimitPerMinute: 600,
    exposeMetrics: undefined,
    keepKeysForMs: 86_400_000,
  })
})

test('every mistake is listed at once', async () => {
  const error = await appError('server-config-invalid', () =>
    readConfig({
      TODO_API_CLIENT_ID: 'x',
      TODO_API_PORT: 'x',
      TODO_API_TLS_CERT_FILE: pem,
      TODO_API_SEED_EXAMPLES: 'maybe',
    }),
  )
  for (const name of [
    'TENANT_ID is missing',
    'CLIENT_ID is not a GUID',
    'PORT',
    'TLS_KEY_FILE is missing',
    'SEED_EXAMPLES',
  ]) {
    expect(error.message).toContain(`TODO_API_${name}`)
  }
  expect(error.message).toContain('DATABASE_URL is missing')
  expect(error.hint).toMatch(/todo-api --help/)
})

test.each([
  ['https://contoso.ciamlogin.com/', 'https://contoso.ciamlogin.com'],
  [`https://contoso.ciamlogin.com/${tid}`, 'https://contoso.ciamlogin.com'],
  [`https://localhost:8443/${tid.toLowerCase()}/`, 'https://localhost:8443'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
])('the authority %s gets its tenant, and no slash', async (given, origin) => {
  const { authority } = await readConfig({ ...minimal, TODO_API_AUTHORITY: given })
  expect(authority).toBe(`${origin}/${tid.toLowerCase()}`)
})

test.each([
  ['TODO_API_AUTHORITY', 'contoso'],
  ['TODO_API_AUTHORITY', 'http://contoso.ciamlogin.com'],
  ['TODO_API_AUTHORITY', 'https://contoso.ciamlogin.com/common'],
  ['TODO_API_AUTHORITY', 'https://user:pass@contoso.ciamlogin.com/'],
  ['TODO_API_AUTHORITY', 'https://contoso.ciamlogin.com/?x=1'],
  ['TODO_API_TENANT_ID', 'common'],
  ['TODO_API_CLIENT_ID', ' '],
  ['TODO_API_PORT', '65536'],
  ['TODO_API_PORT', '-1'],
  ['TODO_API_PORT', '80.5'],
  ['DATABASE_URL', 'sqlite:'],
  ['DATABASE_URL', 'mysql://x'],
  ['DATABASE_URL', 'todos.db'],
  ['TODO_API_CORS_ORIGINS', '*'],
  ['TODO_API_CORS_ORIGINS', 'https://a.example/path'],
  ['TODO_API_CORS_ORIGINS', 'a.example'],
  ['TODO_API_ALLOWED_CLIENTS', `${id},x`],
  ['TODO_API_ALLOWED_TENANTS', 'common'],
  ['TODO_API_ACCEPT_V1_TOKENS', 'yes'],
  ['TODO_API_RATE_LIMIT', 'none'],
  ['TODO_API_KEEP_KEYS_SECONDS', '1h'],
  ['TODO_API_KEEP_KEYS_SECONDS', '0'],
  ['TODO_API_KEEP_KEYS_SECONDS', '59'],
  ['TODO_API_KEEP_KEYS_SECONDS', '604801'],
  ['HTTPS_PROXY', 'proxy:3128'],
  ['HTTPS_PROXY', 'proxy'],
  ['HTTPS_PROXY', 'socks5://proxy:1080'],
])('%s=%s is a mistake, and named', async (name, value) => {
  expect(await mistake({ [name]: value })).toContain(name)
})

test('lists are separated by commas or blanks; ids are in small letters', async () => {
  const config = await readConfig({
    ...minimal,
    TODO_API_ALLOWED_CLIENTS: `${tid}, ${id}`,
    TODO_API_ALLOWED_TENANTS: tid,
    TODO_API_CORS_ORIGINS: 'https://a.example https://b.example:8443',
    TODO_API_READ_SCOPES: 'Things.Read Things.Write',
    TODO_API_WRITE_ROLES: 'Things.Write.All',
  })
  expect(config.allowedClients).toEqual([tid.toLowerCase(), id])
  expect(config.allowedTenants).toEqual([tid.toLowerCase()])
  expect(config.corsOrigins).toEqual(['https://a.example', 'https://b.example:8443'])
  expect(config.permissions?.read).toEqual({ scopes: ['Things.Read', 'Things.Write'], roles: READ.roles })
  expect(config.permissions?.write).toEqual({ scopes: WRITE.scopes, roles: ['Things.Write.All'] })
})

test('certificate and key are read from their files, and so is the extra CA', async () => {
  const key = join(folder, 'key.pem')
  const files = { TODO_API_TLS_CERT_FILE: pem, TODO_API_TLS_KEY_FILE: key, TODO_API_CA_FILE: pem }
  const config = await readConfig({ ...minimal, ...files })
  expect(config.tls?.certPem).toMatch(/^-----BEGIN CERT/)
  expect(config.tls?.keyPem).toMatch(/^-----BEGIN PRIVATE/)
  expect(config.caPem).toMatch(/^-----BEGIN CERT/)
  const bundle = await readConfig({ ...minimal, TODO_API_CA_FILE: join(folder, 'bundle.pem') })
  expect(bundle.caPem?.match(/BEGIN CERT/g)?.length).toBe(2)
})

test.each(['bad.pem', 'half.pem', 'key.pem'])('%s is no file of certificates', async (file) => {
  const path = join(folder, file)
  expect(await mistake({ TODO_API_CA_FILE: path })).toMatch(/CA_FILE: .*has no certificate, or one that/)
  const key = join(folder, 'key.pem')
  expect(await mistake({ TODO_API_TLS_CERT_FILE: path, TODO_API_TLS_KEY_FILE: key })).toMatch(/TLS_CERT_FILE/)
})

test('a key that is not the key of its certificate, and one that is none, are found at start', async () => {
  const withKey = (file: string) =>
    mistake({ TODO_API_TLS_CERT_FILE: pem, TODO_API_TLS_KEY_FILE: join(folder, file) })
  expect(await withKey('other-key.pem')).toContain('is not the key of TODO_API_TLS_CERT_FILE')
  expect(await withKey('bad.pem')).toMatch(/TLS_KEY_FILE: .* is no private key/)
})

test('a variable whose name nobody knows is a mistake: a slip of the pen must not open the API', async () => {
  const message = await mistake({ TODO_API_ALLOWED_CLIENT: id, TODO_API_prot: '1' })
  expect(message).toContain('TODO_API_ALLOWED_CLIENT is not known')
  expect(message).toContain('TODO_API_prot is not known')
  expect(await readConfig({ ...minimal, TODO_CLI_X: '1', PATH: '/bin', PORT: '8080' })).toBeDefined()
})

test.each([
  'postgres://todo:pa#ss@db.example/todo',
  'postgres://todo:pa/ss@db.example/todo',
  'postgres://todo:pa%ss@db.example/todo',
  'postgres://db.example:99999/todo',
  'postgres://db.example/todo?port=pass',
])('DATABASE_URL=%s is a mistake that does not tell the password', async (url) => {
  const message = await mistake({ DATABASE_URL: url })
  expect(message).toMatch(/^DATABASE_URL is no address/)
  expect(message).not.toMatch(/pa.?ss@|=pass/)
})

test.each([
  'postgres://db.example/todo',
  'postgresql://todo:p%23ss@db.example:5432/todo?sslmode=require',
  'postgres:///todo?host=/run/postgresql&port=5433',
  'postgres://%2Frun%2Fpostgresql/todo',
])('DATABASE_URL=%s is good', async (databaseUrl) => {
  expect((await readConfig({ ...minimal, DATABASE_URL: databaseUrl })).databaseUrl).toBe(databaseUrl)
})

test('files that are missing, folders or not PEM are named', async () => {
  expect(await mistake({ TODO_API_CA_FILE: join(folder, 'nowhere') })).toMatch(/CA_FILE: .*ENOENT/)
  expect(await mistake({ TODO_API_CA_FILE: folder })).toMatch(/CA_FILE: .*EISDIR/)
  expect(await mistake({ TODO_API_CA_FILE: join(folder, 'empty.pem') })).toMatch(/CA_FILE: .*is not PEM/)
})

test('plain HTTP is refused off loopback, unless a proxy ends TLS in front', async () => {
  expect(await mistake({ TODO_API_HOST: '0.0.0.0' })).toContain('TODO_API_TLS_CERT_FILE')
  expect(await mistake({ TODO_API_HOST: '::' })).toContain('TODO_API_HOST')
  expect((await readConfig({ ...minimal, TODO_API_HOST: '::1' })).host).toBe('::1')
  expect(
    (await readConfig({ ...minimal, TODO_API_HOST: '0.0.0.0', TODO_API_TLS_TERMINATED: 'true' })).host,
  ).toBe('0.0.0.0')
})

test('the proxy is taken from the variables that mean it everywhere', async () => {
  const { proxy } = await readConfig({ ...minimal, https_proxy: 'http://proxy:3128', NO_PROXY: 'localhost' })
  expect(proxy).toEqual({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost' })
})
