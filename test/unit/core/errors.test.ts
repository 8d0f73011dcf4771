import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { AppError, ERRORS, systemCode } from '../../../core/errors.ts'

const table = Object.entries(ERRORS)

describe('the table of error codes', () => {
  it('names each code in lower case with hyphens', () => {
    for (const [code] of table) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })

  it('gives each code one of the documented exit codes', () => {
    for (const [, { exitCode }] of table) expect([1, 2, 4, 6, 130]).toContain(exitCode)
  })

  it('says what each code means in one sentence of one line', () => {
    for (const [, { means }] of table) expect(means).toMatch(/^[^\n]+\.$/)
  })

  it('gives no two codes the same meaning', () => {
    expect(new Set(table.map(([, { means }]) => means)).size).toBe(table.length)
  })
})

describe('the codes of certificate files', () => {
  const tests = fileURLToPath(new URL('../..', import.meta.url))
  const written = globSync('**/*.test.ts', { cwd: tests })
    .map((path) => readFileSync(`${tests}/${path}`, 'utf8'))
    .join('\n')

  // That a signature is wrong is no matter of files: whoever signs an assertion finds it.
  const codes = table.map(([code]) => code).filter((code) => /^certificate-(?!signature-wrong)/.test(code))
  it.each(codes)('%s has a test', (code) => expect(written).toContain(`'${code}'`))
})

describe('AppError', () => {
  it('takes its exit code from the table', () => {
    expect(new AppError('usage', 'x').exitCode).toBe(2)
    expect(new AppError('issuer-unreachable', 'x').exitCode).toBe(6)
    expect(new AppError('interrupted', 'x').exitCode).toBe(130)
  })

  it('keeps hint, cause and the code of the service', () => {
    const cause = new Error('socket')
    const error = new AppError('internal', 'x', {
      hint: 'todo-cli doctor',
      cause,
      serviceCode: 'AADSTS700027',
    })
    expect(error).toMatchObject({ hint: 'todo-cli doctor', cause, serviceCode: 'AADSTS700027', message: 'x' })
  })

  it('has no cause at all where none was given', () => {
    expect(Object.hasOwn(new AppError('internal', 'x'), 'cause')).toBe(false)
  })

  it('is an Error by name and by class', () => {
    const error = new AppError('internal', 'x')
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('AppError: x')
  })
})

describe('systemCode', () => {
  const coded = (code: unknown) => Object.assign(new Error('x'), { code })

  it('finds the code of the error itself', () => expect(systemCode(coded('ENOENT'))).toBe('ENOENT'))

  it('finds the code of a cause inside a cause', () => {
    expect(systemCode(new Error('a', { cause: new Error('b', { cause: coded('ECONNREFUSED') }) }))).toBe(
      'ECONNREFUSED',
    )
  })

  it('passes over a code that is no text', () => {
    expect(systemCode(new Error('a', { cause: Object.assign(coded('EPIPE'), {}) }))).toBe('EPIPE')
    expect(systemCode(coded(42))).toBeUndefined()
  })

  it("passes over the code of an AppError, which is ours and not the system's", () => {
    expect(systemCode(new AppError('usage', 'x'))).toBeUndefined()
    expect(systemCode(new AppError('usage', 'x', { cause: coded('EACCES') }))).toBe('EACCES')
  })

  it('stops at causes that go round in a circle', () => {
    const error = new Error('a')
    error.cause = error
    expect(systemCode(error)).toBeUndefined()
  })

  it.each([undefined, null, 'ENOENT', { code: 'ENOENT' }])('finds none in %j, which is no Error', (value) => {
    expect(systemCode(value)).toBeUndefined()
  })
})
