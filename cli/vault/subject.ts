/**
 * The subject of a certificate policy. Key Vault reads it as Windows does, which knows quotation marks and no backslash:
 * `O=Contoso\, Ltd` would not be what it says.
 *
 * https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certstrtonamew
 */
import { parseDistinguishedName } from '../../core/distinguished-name.ts'

/**
 * Rewrites a distinguished name of RFC 4514.
 *
 * @throws AppError `setting-invalid`, with what is wrong with it
 */
export function policySubject(subject: string): string {
  return parseDistinguishedName(subject)
    .map(({ type, value }) => `${KEYWORDS.get(type) ?? type}=${quoted(value)}`)
    .reverse()
    .join(', ')
}

/** Keywords of ours that Windows spells in another way; it takes any OID in the place of one. */
const KEYWORDS = new Map([
  ['emailAddress', 'E'],
  ['GN', 'G'],
  ['serialNumber', 'SERIALNUMBER'],
  ['title', 'T'],
  ['UID', '0.9.2342.19200300.100.1.1'],
])

const quoted = (value: string) =>
  /[,+="<>#;\n\\]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
