import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Problem } from '../../../api/problem.ts'
import {
  listQuerySchema,
  newTodoSchema,
  parse,
  todoChangeSchema,
  wholeTodoSchema,
} from '../../../api/todo-schema.ts'

const owner = randomUUID()

describe('a new todo', () => {
  const read = (body: unknown) => parse(newTodoSchema, body, 'invalid_body')

  test('is trimmed, not done, and its owner in small letters', () => {
    expect(read({ description: '\u00a0 milk \n', owner: owner.toUpperCase() })).toEqual({
      description: 'milk',
      done: false,
      owner,
    })
  })

  test.each([
    'x',
    'x'.repeat(1000),
    ` ${'x'.repeat(1000)} `,
    '👨‍👩‍👧',
    '\u202e',
    'a\u0301',
    'a\nb',
    '\u0001',
  ])('%j is a description', (description) => {
    expect(read({ description }).description).toBe(description.trim())
  })

  test.each([
    '',
    ' ',
    '\u00a0\u2003\ufeff',
    'x'.repeat(1001),
    '😀'.repeat(1001),
    'a\0',
    '\ud83d',
    'a\udc00b',
  ])('%j is none', (description) => {
    expect(() => read({ description })).toThrow(Problem)
  })
})

describe('a change', () => {
  const read = (body: unknown) => parse(todoChangeSchema, body, 'invalid_body')

  test('names what it changes', () => {
    expect(read({ done: false })).toEqual({ done: false })
    expect(read({ description: ' a ' })).toEqual({ description: 'a' })
  })

  test.each([
    {},
    { done: null },
    { description: null },
    { owner: '' },
    { id: owner },
    { updatedAt: 'x' },
    [],
    null,
    7,
  ])('%j is none', (body) => {
    expect(() => read(body)).toThrow(Problem)
  })
})

describe('a whole todo', () => {
  const read = (body: unknown) => parse(wholeTodoSchema, body, 'invalid_body')

  test('may have what an answer has', () => {
    const createdAt = new Date().toISOString()
    const todo = { id: owner, owner, description: 'a', done: true, createdAt, updatedAt: createdAt }
    expect(read(todo)).toEqual(todo)
  })

  test.each([
    {},
    { done: true },
    { description: 'a', id: 7 },
    { description: 'a', version: 1 },
    { description: 'a', createdAt: 'x'.repeat(41) },
  ])('%j is none', (body) => {
    expect(() => read(body)).toThrow(Problem)
  })
})

describe('a query', () => {
  const read = (query: unknown) => parse(listQuerySchema, query, 'invalid_query')

  test('has 100 todos a page where it does not say', () => {
    expect(read({})).toEqual({ limit: 100 })
    expect(read({ limit: '7', done: 'false', owner, cursor: '' })).toEqual({
      limit: 7,
      done: false,
      owner,
      cursor: '',
    })
  })

  test.each([
    { limit: 7 },
    { limit: '007' },
    { limit: '1.0' },
    { limit: '١' },
    { done: 'TRUE' },
    { done: '1' },
    { owner: ['a'] },
    { cursor: 'x'.repeat(201) },
    { other: '1' },
  ])('%j is refused', (query) => {
    expect(() => read(query)).toThrow(expect.objectContaining({ code: 'invalid_query' }))
  })
})

test('a message names fields, and never repeats what came in', () => {
  try {
    parse(
      newTodoSchema,
      { description: 7, done: 'my secret', owner: 'my secret', [`${'k'.repeat(500)}`]: 1 },
      'invalid_body',
    )
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(Problem)
    const { message, errors } = error as Problem
    expect(message).not.toContain('my secret')
    expect(message.length).toBeLessThan(600)
    expect(JSON.stringify(errors)).not.toContain('k'.repeat(41))
  }
})

test('many mistakes are not many lines', () => {
  const body = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, 1]))
  try {
    parse(newTodoSchema, body, 'invalid_body')
    expect.unreachable()
  } catch (error) {
    expect(JSON.stringify((error as Problem).errors).length).toBeLessThan(2000)
  }
})
