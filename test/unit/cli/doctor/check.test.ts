import { describe, expect, it } from 'vitest'
import { type Check, type CheckResult, type Finding, runChecks } from '../../../../cli/doctor/check.ts'
import { AppError } from '../../../../core/errors.ts'

const PATIENT = { eachMs: 10_000, allMs: 60_000 }
const ok: Finding = { status: 'ok', seen: 'fine' }
const check = (name: string, needs: string[], run: Check['run'] = async () => ok): Check => ({
  name,
  needs,
  run,
})

async function results(checks: Check[], limits = PATIENT): Promise<CheckResult[]> {
  const all: CheckResult[] = []
  for await (const { result } of runChecks(checks, limits)) all.push(result)
  return all
}

const statuses = async (...args: Parameters<typeof results>) =>
  (await results(...args)).map(({ check: name, status }) => `${name} ${status}`)

const failing =
  (hint?: string): Check['run'] =>
  () =>
    Promise.reject(new AppError('usage', 'it is wrong', { hint, cause: new Error('behind it') }))

describe('checks', () => {
  it('come in their order, however long each takes', async () => {
    const { promise, resolve } = Promise.withResolvers<Finding>()
    const slow = check('slow', [], () => promise)
    const quick = check('quick', [], async () => {
      resolve(ok)
      return ok
    })
    expect(await statuses([slow, quick])).toEqual(['slow ok', 'quick ok'])
  })

  it('that do not need each other do not wait for each other', async () => {
    const both: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = (name: string) =>
      check(name, [], async () => {
        both.push(name)
        if (both.length === 2) resolve()
        await promise
        return ok
      })
    expect(await statuses([waiting('one'), waiting('other')])).toEqual(['one ok', 'other ok'])
  })

  it('wait for those that they need', async () => {
    let done = false
    const first = check('first', [], async () => {
      await new Promise(setImmediate)
      done = true
      return ok
    })
    const then = check('then', ['first'], async () => ({ status: done ? 'ok' : 'fail', seen: '' }))
    expect(await statuses([first, then])).toEqual(['first ok', 'then ok'])
  })

  it('whose need has failed are skipped, and so are those that need them, each for want of the nearest', async () => {
    const all = [check('a', [], failing()), check('b', ['a']), check('c', ['b']), check('d', [])]
    expect(await results(all)).toEqual([
      { check: 'a', status: 'fail', seen: 'it is wrong', next: undefined, code: 'usage' },
      { check: 'b', status: 'skip', seen: 'not looked at, for want of: a' },
      { check: 'c', status: 'skip', seen: 'not looked at, for want of: b' },
      { check: 'd', status: 'ok', seen: 'fine' },
    ])
  })

  it.each<Finding['status']>(['ok', 'warn', 'skip'])('whose need is %s go on', async (status) => {
    const all = [check('a', [], async () => ({ status, seen: '' })), check('b', ['a'])]
    expect((await statuses(all))[1]).toBe('b ok')
  })

  it('that throw an AppError fail with its words, and keep what is behind them for --verbose', async () => {
    const told = []
    for await (const one of runChecks([check('a', [], failing('do that'))], PATIENT)) told.push(one)
    expect(told).toEqual([
      {
        result: { check: 'a', status: 'fail', seen: 'it is wrong', next: 'do that', code: 'usage' },
        words: ['Error: behind it'],
        passed: false,
      },
    ])
  })

  it.each([
    ['a defect', new TypeError('x is not a function')],
    ['Ctrl-C', new AppError('interrupted', 'interrupted')],
  ])('do not hide %s', async (_, thrown) => {
    const later = check('later', [], () => Promise.reject(new Error('nobody waits for it')))
    await expect(results([check('a', [], () => Promise.reject(thrown)), later])).rejects.toBe(thrown)
  })

  it('that never end are given up, and those that need them are skipped', async () => {
    const never = check('never', [], () => new Promise(() => {}))
    const [first, second] = await results([never, check('b', ['never'])], { eachMs: 20, allMs: 1000 })
    expect(first).toMatchObject({
      status: 'fail',
      seen: 'no result within 0 s',
      next: expect.stringContaining('todo-cli doctor --timeout 60s') as string,
    })
    expect(second).toMatchObject({ status: 'skip', seen: 'not looked at, for want of: never' })
  })

  it('have no more than what is left of the time for all', async () => {
    const never = check('never', [], () => new Promise(() => {}))
    expect(await statuses([never], { eachMs: 60_000, allMs: 20 })).toEqual(['never fail'])
    expect(await statuses([never], { eachMs: 60_000, allMs: -1 })).toEqual(['never fail'])
  })
})
