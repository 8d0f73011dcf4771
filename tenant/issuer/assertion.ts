/**
 * The client assertion (RFC 7523 section 2.2), checked as Entra does: one step after the other, each with its own code.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
import { X509Certificate } from 'node:crypto'
import type { AssertionAlgorithm } from '../../core/certificate.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { Clock } from '../clock.ts'
import type { Application, KeyCredential } from '../directory.ts'
import { EntraError } from './errors.ts'
import { type VerifyKeys, verifiesCompact, verifyKeys } from './jws.ts'
import type { ReplayGuard } from './replays.ts'

/** In seconds. MSAL rounds `nbf` to the nearest second, so it may lie ahead; machines' clocks differ by more. */
const SKEW = 5 * 60

const ALGORITHMS = ['RS256', 'PS256'] as const satisfies readonly AssertionAlgorithm[]
const TYPES = ['jwt', 'http://openid.net/specs/jwt/1.0']
const DOCS =
  'https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials'

export interface AssertionContext {
  readonly client: Application
  /** What `aud` may be: the token endpoint, by any name of the tenant, and the issuer. */
  readonly audiences: readonly string[]
  readonly clock: Clock
  /** Take `x5t` only. */
  readonly legacyThumbprintsOnly: boolean
  /** Where given: remembers what was used, and refuses it the second time. */
  readonly replays?: ReplayGuard
}

/** @throws EntraError 50027, 5002727, 5002738, 700027, 700021, 700023, 700024 */
export function checkAssertion(assertion: string, context: AssertionContext): void {
  const { client, audiences, clock, legacyThumbprintsOnly, replays } = context
  const { header, claims } = parseAssertion(assertion)
  const alg = readAlgorithm(header)
  const used = registeredKey(header, client, legacyThumbprintsOnly)
  assertKeyDates(used, client, clock)
  assertSignature(assertion, alg, header.x5c, used, client)
  assertClient(claims, client)
  assertAudience(claims, audiences, client)
  assertDates(claims, clock, client)
  replays?.assertNew(claims, client, clock)
}

type Json = Readonly<Record<string, unknown>>

/** The registered certificate, parsed once: documents of the directory are never changed, only replaced. */
const opened = new WeakMap<KeyCredential, OpenedKey>()

interface OpenedKey {
  /** Hexadecimal. */
  readonly x5t: string
  readonly x5tS256: string
  readonly keys: VerifyKeys
  readonly der: Buffer
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
}

function open(credential: KeyCredential): OpenedKey {
  const known = opened.get(credential)
  if (known !== undefined) return known
  const certificate = new X509Certificate(Buffer.from(credential.key, 'base64'))
  const { sha1, sha256 } = thumbprintsOf(certificate.raw)
  const made = {
    ...{ x5t: sha1, x5tS256: sha256, keys: verifyKeys(certificate.publicKey), der: certificate.raw },
    ...{ from: Date.parse(credential.startDateTime), until: Date.parse(credential.endDateTime) },
  }
  opened.set(credential, made)
  return made
}

/**
 * Header and claims, before anything is checked. Parts that are padded with `=` are no error: Python's asynchronous
 * CertificateCredential sends them so.
 *
 * @throws EntraError 50027
 */
export function parseAssertion(assertion: string): { header: Json; claims: Json } {
  const [, header = '', claims = ''] = /^([\w-]+={0,2})\.([\w-]+={0,2})\.[\w-]+={0,2}$/.exec(assertion) ?? []
  if (header !== lastHeader.text) lastHeader = { text: header, value: jsonObject(header) }
  return { header: lastHeader.value, claims: jsonObject(claims) }
}

/** All assertions that a client signs with one certificate have the same header. */
let lastHeader: { readonly text: string; readonly value: Json } = { text: '{}', value: {} }

function jsonObject(part: string): Json {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    if (isObject(value)) return value
  } catch {
    // Said below, in Entra's words.
  }
  throw malformed()
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(): EntraError {
  return new EntraError(400, 'invalid_request', 50027, 'JWT token is invalid or malformed.')
}

function readAlgorithm({ typ, alg, crit }: Json): AssertionAlgorithm {
  // RFC 7515 section 4.1.11: an extension that must be understood, and is not.
  if (crit !== undefined) throw malformed()
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.includes(typ.toLowerCase()))) {
    throw new EntraError(
      400,
      'invalid_request',
      5002727,
      "Invalid JWT header type specified, must be 'JWT' or 'http://openid.net/specs/jwt/1.0'.",
    )
  }
  const known = ALGORITHMS.find((algorithm) => algorithm === alg)
  if (known !== undefined) return known
  throw new EntraError(
    400,
    'invalid_request',
    5002738,
    `Invalid JWT token. '${typeof alg === 'string' ? alg : ''}' is not a supported signature algorithm. Supported signing algorithms are: 'RS256, PS256'`,
  )
}

/**
 * Finds the certificate that the header names: `x5t#S256` is a SHA-256, `x5t` a SHA-1. A SHA-256 within `x5t` names
 * nothing, in Entra too (entra.md 2.3).
 */
function registeredKey(header: Json, client: Application, sha1Only: boolean): UsedKey {
  const sha256 = sha1Only ? undefined : hexOf(header['x5t#S256'])
  const sha1 = hexOf(header.x5t)
  const thumbprint = sha256 ?? sha1 ?? ''
  const credential = client.keyCredentials.find((entry) => {
    const { x5t, x5tS256 } = open(entry)
    return sha256 === undefined ? x5t === sha1 : x5tS256 === sha256
  })
  if (credential !== undefined) return { credential, thumbprint }
  throw keyError(
    client,
    'The certificate with identifier used to sign the client assertion is not registered on application.',
    'The key was not found.',
    [usedBy(thumbprint), help(client)],
  )
}

interface UsedKey {
  readonly credential: KeyCredential
  /** As the client named it, hexadecimal. */
  readonly thumbprint: string
}

/** Padding with `=` is no error. */
function hexOf(thumbprint: unknown): string | undefined {
  if (typeof thumbprint !== 'string' || !/^[\w-]+={0,2}$/.test(thumbprint)) return undefined
  return Buffer.from(thumbprint, 'base64url').toString('hex').toUpperCase()
}

function assertKeyDates(used: UsedKey, client: Application, clock: Clock): void {
  const { from, until } = open(used.credential)
  const now = clock.now().getTime()
  if (from <= now && now < until) return
  throw keyError(
    client,
    'The certificate with identifier used to sign the client assertion is expired on application.',
    'The key used is expired.',
    [...found(used), help(client)],
  )
}

function assertSignature(
  assertion: string,
  alg: AssertionAlgorithm,
  x5c: unknown,
  used: UsedKey,
  client: Application,
): void {
  const { keys, der } = open(used.credential)
  if (leafIs(x5c, der) && verifiesCompact(assertion, keys[alg])) return
  throw keyError(
    client,
    'Client assertion contains an invalid signature.',
    'The provided signature value did not match the expected signature value.',
    found(used),
  )
}

/** Line breaks within x5c are no error. Without x5c there is nothing to compare. */
function leafIs(x5c: unknown, der: Buffer): boolean {
  if (x5c === undefined) return true
  const leaf: unknown = Array.isArray(x5c) ? x5c[0] : x5c
  return typeof leaf === 'string' && Buffer.from(leaf.replace(/\s/g, ''), 'base64').equals(der)
}

function assertClient({ iss, sub }: Json, { appId }: Application): void {
  const isClient = (claim: unknown) => typeof claim === 'string' && claim.toLowerCase() === appId
  if (isClient(iss) && isClient(sub)) return
  throw new EntraError(
    401,
    'invalid_client',
    700021,
    `Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at ${DOCS} .`,
    appId,
  )
}

function assertAudience({ aud }: Json, audiences: readonly string[], { appId }: Application): void {
  const named: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audiences.some((audience) => named.includes(audience))) return
  throw new EntraError(
    401,
    'invalid_client',
    700023,
    `Client assertion audience claim does not match Realm issuer. Review the documentation at ${DOCS} .`,
    appId,
  )
}

/**
 * Fractions of a second are no error (RFC 7519 section 2).
 *
 * @throws EntraError 700024, and 50027 for dates that are none
 */
export function assertDates({ nbf, exp, iat }: Json, clock: Clock, { appId }: Application): void {
  const now = clock.now().getTime() / 1000
  if (!isDate(exp) || (nbf !== undefined && !isDate(nbf))) throw malformed()
  const from = isDate(nbf) ? nbf : isDate(iat) ? iat : now
  if (from <= now + SKEW && now < exp + SKEW) return
  throw new EntraError(
    401,
    'invalid_client',
    700024,
    `Client assertion is not within its valid time range. Current time: ${precise(now)}, assertion valid from ${precise(from)}, expiry time of assertion ${precise(exp)}. Review the documentation at ${DOCS} .`,
    appId,
  )
}

/** A number that is a date before the year 10000. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 253_402_300_800
}

/** ISO 8601 with seven decimals. */
function precise(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '0000Z')
}

function keyError(
  client: Application,
  sentence: string,
  reason: string,
  details: readonly string[],
): EntraError {
  return new EntraError(
    401,
    'invalid_client',
    700027,
    `${sentence} [Reason - ${[reason, ...details].join(', ')}]`,
    client.appId,
  )
}

function usedBy(thumbprint: string): string {
  return `Thumbprint of key used by client: '${thumbprint}'`
}

function found({ credential: { startDateTime, endDateTime }, thumbprint }: UsedKey): string[] {
  return [usedBy(thumbprint), `Found key 'Start=${american(startDateTime)}, End=${american(endDateTime)}'`]
}

/** MM/dd/yyyy HH:mm:ss */
function american(iso: string): string {
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`
}

function help({ appId }: Application): string {
  return `Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${appId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/${appId}'`
}
