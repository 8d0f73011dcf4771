import { describe, expect, it } from 'vitest'
import { settle } from '../../../../cli/graph/settle.ts'
import { appError } from '../../../support/app-error.ts'

class TooEarly extends Error {}

function waiting({ tooEarly = 0, waitMs = 5000, signal = new AbortController().signal } = {}) {
  const notes: string[] = []
  let tries = 0
  const action = async () => {
    tries += 1
    if (tries <= tooEarly) throw new TooEarly()
    return tries
  }
  const isEarly = (error: unknown) => error instanceof TooEarly
  const settled = settle(action, { what: 'it', waitMs, signal, note: (line) => notes.push(line), isEarly })
  return { settled, notes, tries: () => tries }
}

describe('waiting for the directory', () => {
  it('takes one try, and says nothing, where there is nothing to wait for', async () => {
    const { settled, notes } = waiting()
    expect(await settled).toBe(1)
    expect(notes).toEqual([])
  })

  it('tries again while it is too early, and says so once', async () => {
    const { settled, notes } = waiting({ tooEarly: 2 })
    expect(await settled).toBe(3)
    expect(notes).toEqual(['waiting for it, up to 5 s'])
  })

  it('gives up with the last error when the time is over', async () => {
    const { settled, tries } = waiting({ tooEarly: 100, waitMs: 300 })
    await expect(settled).rejects.toThrow(TooEarly)
    expect(tries()).toBe(2)
  })

  it('tries once where no time is given', async () => {
    const { settled, tries } = waiting({ tooEarly: 100, waitMs: 0 })
    await expect(settled).rejects.toThrow(TooEarly)
    expect(tries()).toBe(1)
  })

  it('does not wait after another error', async () => {
    const { signal } = new AbortController()
    const action = () => Promise.reject(new RangeError('no'))
    const options = { what: 'it', waitMs: 60_000, signal, note: () => {}, isEarly: () => false }
    await expect(settle(action, options)).rejects.toThrow(RangeError)
  })

  it('ends on Ctrl-C', async () => {
    const interrupt = new AbortController()
    const { settled } = waiting({ tooEarly: 100, waitMs: 60_000, signal: interrupt.signal })
    setTimeout(() => interrupt.abort(), 20)
    await appError('interrupted', () => settled)
  })
})
