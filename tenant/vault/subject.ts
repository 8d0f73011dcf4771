import type { NameAttribute } from '../../core/forge/x509.ts'

/**
 * Reads the subject of a certificate policy: `CN=daemon, O="Contoso, Ltd"`. Values may be quoted, or escape a
 * character with a backslash (RFC 4514 section 2.4). Returns undefined for what is no distinguished name.
 */
export function parseSubject(text: string): NameAttribute[] | undefined {
  const attributes: NameAttribute[] = []
  let rest = text.trim()
  while (rest !== '') {
    const part = ATTRIBUTE.exec(rest)
    if (part?.groups === undefined) return undefined
    const { type = '', quoted, plain = '' } = part.groups
    const name = TYPES[type.toUpperCase()] ?? (/^\d+(\.\d+)+$/.test(type) ? type : undefined)
    const value = (quoted ?? plain.trim()).replace(/\\(.)/g, '$1')
    if (name === undefined || value === '') return undefined
    attributes.push({ type: name, value })
    rest = rest.slice(part[0].length)
  }
  return attributes.length > 0 ? attributes : undefined
}

const ATTRIBUTE =
  /^\s*(?<type>[\w.]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"\s*|(?<plain>(?:[^",;\\]|\\.)+))(?:[,;](?!\s*$)|$)/

const TYPES: Readonly<Record<string, string>> = {
  CN: 'CN',
  O: 'O',
  OU: 'OU',
  C: 'C',
  S: 'ST',
  ST: 'ST',
  L: 'L',
  DC: 'DC',
  E: 'emailAddress',
  EMAIL: 'emailAddress',
  EMAILADDRESS: 'emailAddress',
}
