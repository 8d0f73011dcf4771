import { type NameAttribute, parseDistinguishedName } from '../../core/distinguished-name.ts'
import { AppError } from '../../core/errors.ts'

/**
 * The subject of a certificate policy; a certificate known by its alternative names alone has an empty one. Within quotation
 * marks a backslash is itself, as Windows has it.
 */
export function parseSubject(text: string): NameAttribute[] | undefined {
  if (text === '') return []
  try {
    const escaped = text.replace(/"(?:[^"]|"")*"/g, (quoted) => quoted.replaceAll('\\', '\\\\'))
    return parseDistinguishedName(escaped)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
