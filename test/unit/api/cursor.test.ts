import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { readCursor, writeCursor } from '../../../api/cursor.ts'
import { Problem } from '../../../api/problem.ts'

const id = randomUUID()
const owner = randomUUID()
const scopes = [
  {},
  { owner },
  { done: true },
  { done: false },
  { owner, done: true },
  { owner: randomUUID() },
]

test.each(scopes)('a cursor leads back to its id, with %j', (scope) => {
  const cursor = writeCursor(id, scope)
  expect(cursor).toMatch(/^[\w-]{27}$/)
  expect(cursor).not.toContain(id.slice(0, 8))
  expect(readCursor(cursor, scope)).toBe(id)
})

test('it is good for no listing with other filters', () => {
  for (const written of scopes) {
    for (const read of scopes) {
      if (written === read) continue
      expect(() => readCursor(writeCursor(id, written), read)).toThrow(Problem)
    }
  }
})

test.each([
  '',
  'x',
  'x'.repeat(26),
  'x'.repeat(28),
  `${'x'.repeat(26)}=`,
  `${'x'.repeat(26)}+`,
  ' '.repeat(27),
  id,
])('"%s" is refused', (cursor) => {
  expect(() => readCursor(cursor, {})).toThrow(
    expect.objectContaining({ code: 'invalid_cursor', status: 400 }),
  )
})

test('one place has one cursor: what decodes to the same bytes is refused', () => {
  const cursor = writeCursor(id, { owner })
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // 27 letters are 162 bits, two more than there are: the last letter has three other ways to be written.
  const last = letters.indexOf(cursor.at(-1) as string)
  const others = [1, 2, 3].map((bits) => cursor.slice(0, -1) + letters[last + bits])
  for (const other of [...others, `${cursor}=`, ` ${cursor}`, `${cursor}\n`, cursor.replace(/^/, '!')])
    expect(() => readCursor(other, { owner })).toThrow(Problem)
})

test('one letter changed is refused, or names another place in the same listing', () => {
  const cursor = writeCursor(id, { owner })
  for (let index = 0; index < cursor.length; index += 1) {
    const changed = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1)
    try {
      expect(readCursor(changed, { owner })).toMatch(/^[0-9a-f-]{36}$/)
    } catch (error) {
      expect(error).toBeInstanceOf(Problem)
    }
  }
})
