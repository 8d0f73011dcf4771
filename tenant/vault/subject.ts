import { type NameAttribute, parseDistinguishedName } from '../../core/distinguished-name.ts'
import { AppError } from '../../core/errors.ts'

/** The subject of a certificate policy; a certificate known by its alternative names alone has an empty one. */
export function parseSubject(text: string): NameAttribute[] | undefined {
  if (text === '') return []
  try {
    return parseDistinguishedName(text)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
