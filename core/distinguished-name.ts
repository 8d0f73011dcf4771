/**
 * Distinguished names as people write them (RFC 4514): `CN=daemon,O=Contoso\, Ltd,C=DE`.
 *
 * Written the most specific part comes first; in the certificate it comes last. The arrays here have the order of the
 * certificate.
 */
import { AppError } from './errors.ts'

/** One attribute of a distinguished name: a keyword of {@link NAME_TYPES} or an OID, and its value. */
export interface NameAttribute {
  readonly type: string
  readonly value: string
}

interface NameType {
  readonly oid: string
  /** The string type that RFC 5280 appendix A.1 asks for. */
  readonly string: 'utf8' | 'printable' | 'ia5'
  /** The most characters (the upper bounds of RFC 5280 appendix A.1). */
  readonly max: number
}

/** The attributes that have a keyword (RFC 4514 section 3 and what openssl adds to it). */
export const NAME_TYPES: ReadonlyMap<string, NameType> = new Map(
  Object.entries({
    CN: { oid: '2.5.4.3', string: 'utf8', max: 64 },
    SN: { oid: '2.5.4.4', string: 'utf8', max: 64 },
    serialNumber: { oid: '2.5.4.5', string: 'printable', max: 64 },
    C: { oid: '2.5.4.6', string: 'printable', max: 2 },
    L: { oid: '2.5.4.7', string: 'utf8', max: 128 },
    ST: { oid: '2.5.4.8', string: 'utf8', max: 128 },
    STREET: { oid: '2.5.4.9', string: 'utf8', max: 128 },
    O: { oid: '2.5.4.10', string: 'utf8', max: 64 },
    OU: { oid: '2.5.4.11', string: 'utf8', max: 64 },
    title: { oid: '2.5.4.12', string: 'utf8', max: 64 },
    GN: { oid: '2.5.4.42', string: 'utf8', max: 64 },
    UID: { oid: '0.9.2342.19200300.100.1.1', string: 'utf8', max: 256 },
    DC: { oid: '0.9.2342.19200300.100.1.25', string: 'ia5', max: 63 },
    emailAddress: { oid: '1.2.840.113549.1.9.1', string: 'ia5', max: 255 },
  } as const),
)

/** Keywords by their upper-case spelling; Windows writes E and S. */
const KEYWORDS = new Map([
  ...[...NAME_TYPES.keys()].map((keyword) => [keyword.toUpperCase(), keyword] as const),
  ['E', 'emailAddress'],
  ['EMAIL', 'emailAddress'],
  ['S', 'ST'],
  ['G', 'GN'],
  ['T', 'title'],
])

const OID = /^(0|1|2)(\.(0|[1-9]\d{0,17})){1,20}$/
const NEEDS_ESCAPE = /[",+;<>\\]/g

/**
 * Reads a distinguished name in the form of RFC 4514, and values in quotation marks as Windows writes them.
 *
 * @returns its attributes in the order of the certificate
 * @throws AppError `setting-invalid`, with what is wrong with it
 */
export function parseDistinguishedName(text: string): NameAttribute[] {
  const attributes: NameAttribute[] = []
  for (let at = 0; at <= text.length; ) {
    const equals = text.indexOf('=', at)
    const type = typeOf(text.slice(at, equals === -1 ? undefined : equals))
    if (equals === -1) throw invalid(`${type} has no value`)
    const { value, next } = readValue(text, equals + 1, type)
    attributes.push({ type, value: checked(type, value) })
    at = next
  }
  return attributes.reverse()
}

/** Writes attributes, which are in the order of the certificate, in the form of RFC 4514. */
export function formatDistinguishedName(attributes: readonly NameAttribute[]): string {
  return attributes
    .map(({ type, value }) => `${type}=${escaped(value)}`)
    .reverse()
    .join(',')
}

/** The common name: the most specific one where there are several. */
export function cnOf(attributes: readonly NameAttribute[]): string | undefined {
  return attributes.findLast(({ type }) => type === 'CN')?.value
}

function typeOf(written: string): string {
  const word = written.trim()
  const keyword = KEYWORDS.get(word.toUpperCase()) ?? (OID.test(word) ? word : undefined)
  if (keyword !== undefined) return keyword
  throw invalid(
    word === '' ? 'an attribute has no name' : `${JSON.stringify(word)} is no attribute of a name`,
  )
}

/** A value as it was read, and where the next attribute begins; past the end of the text after the last one. */
interface ReadValue {
  readonly value: string
  readonly next: number
}

function readValue(text: string, from: number, type: string): ReadValue {
  let start = from
  while (text[start] === ' ') start += 1
  return text[start] === '"' ? readQuoted(text, start + 1, type) : readPlain(text, start, type)
}

function readPlain(text: string, start: number, type: string): ReadValue {
  const bytes: Buffer[] = []
  let kept = 0 // spaces at the end that no backslash protects are cut
  let at = start
  while (at < text.length && text[at] !== ',') {
    const character = characterAt(text, at)
    if (character === '+')
      throw invalid(`${type} is joined to another attribute with +, which is not supported`)
    if ('";<>'.includes(character))
      throw invalid(`the value of ${type} has ${character} without a backslash before it`)
    if (character === '#' && at === start) throw invalid(`the value of ${type} starts with # (write \\#)`)
    const [chunk, length] = readCharacter(text, at, type)
    bytes.push(chunk)
    if (character !== ' ') kept = bytes.length
    at += length
  }
  return { value: textOf(bytes.slice(0, kept), type), next: at + 1 }
}

/** In quotation marks two of them stand for one, as Windows writes it, and so does one after a backslash. */
function readQuoted(text: string, start: number, type: string): ReadValue {
  const bytes: Buffer[] = []
  let at = start
  while (at < text.length && (text[at] !== '"' || text[at + 1] === '"')) {
    if (text[at] === '"') at += 1
    const [chunk, length] = readCharacter(text, at, type)
    bytes.push(chunk)
    at += length
  }
  if (at >= text.length) throw invalid(`the value of ${type} has no closing quotation mark`)
  const rest = /^ *(?:,|$)/.exec(text.slice(at + 1))?.[0]
  if (rest === undefined) throw invalid(`the value of ${type} goes on after its quotation mark`)
  return { value: textOf(bytes, type), next: at + 1 + rest.length + (rest.endsWith(',') ? 0 : 1) }
}

const characterAt = (text: string, at: number) => String.fromCodePoint(text.codePointAt(at) ?? 0)

/** One character, or what stands for one after a backslash, and how long it is in the text. */
function readCharacter(text: string, at: number, type: string): [chunk: Buffer, length: number] {
  const character = characterAt(text, at)
  if (character !== '\\') return [Buffer.from(character), character.length]
  const [chunk, length] = readEscape(text, at + 1, type)
  return [chunk, 1 + length]
}

/** What stands after a backslash: one of the special characters, or two hexadecimal digits for a byte of UTF-8. */
function readEscape(text: string, at: number, type: string): [chunk: Buffer, length: number] {
  const pair = /^[0-9A-Fa-f]{2}/.exec(text.slice(at, at + 2))?.[0]
  if (pair !== undefined) return [Buffer.from(pair, 'hex'), 2]
  const character = text[at]
  if (character !== undefined && ' "#+,;<=>\\'.includes(character)) return [Buffer.from(character), 1]
  throw invalid(`the value of ${type} has a backslash that stands for nothing`)
}

function textOf(bytes: readonly Buffer[], type: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes))
  } catch {
    throw invalid(`the value of ${type} is not UTF-8`)
  }
}

function checked(type: string, value: string): string {
  const { string = 'utf8', max = 1024 } = NAME_TYPES.get(type) ?? {}
  if (value === '') throw invalid(`${type} has no value`)
  if ([...value].length > max) throw invalid(`the value of ${type} has more than ${max} characters`)
  if (/[\p{Cc}\ufeff]/u.test(value)) throw invalid(`the value of ${type} has a control character`)
  if (type === 'C' && !/^[A-Z]{2}$/.test(value)) throw invalid('C is a country code of two capital letters')
  if (string === 'printable' && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value))
    throw invalid(`${type} takes plain letters only`)
  if (string === 'ia5' && !/^[\x20-\x7e]*$/.test(value)) throw invalid(`${type} takes ASCII only`)
  return value
}

const escaped = (value: string) =>
  value
    .replace(NEEDS_ESCAPE, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!^\\) $/, '\\ ')

function invalid(what: string): AppError {
  return new AppError('setting-invalid', `the subject can not be read: ${what}`, {
    hint: "write it so: 'CN=daemon,O=Contoso\\, Ltd,C=DE'",
  })
}
