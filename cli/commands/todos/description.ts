import { AppError } from '../../../core/errors.ts'
import { DESCRIPTION_MAX } from '../../../core/todo.ts'

/** A description out of the words of a command line, checked before any request. @throws AppError `usage` */
export function descriptionOf(words: readonly string[]): string {
  const text = words.join(' ').trim()
  const length = [...text].length
  if (length === 0)
    throw new AppError('usage', 'the text is empty', { hint: 'todo-cli todos add "Water plants"' })
  if (length > DESCRIPTION_MAX) {
    throw new AppError('usage', `the text has ${length} characters; ${DESCRIPTION_MAX} are the most`, {
      hint: 'make it shorter',
    })
  }
  return text
}
