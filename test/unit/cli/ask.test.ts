import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ask } from '../../../cli/ask.ts'
import { appError } from '../../support/app-error.ts'

/** A terminal at which `typed` is typed as soon as the question stands there. */
function person(typed: string | undefined) {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    raw: false,
    setRawMode: (raw: boolean) => {
      stdin.raw = raw
    },
  })
  const interrupt = new AbortController()
  const seen = { text: '', rawAtQuestion: false }
  const stderr = {
    isTTY: true,
    write(text: string) {
      seen.text += text
      if (!text.endsWith('? ')) return
      seen.rawAtQuestion = stdin.raw
      if (typed === undefined) stdin.end()
      else if (typed === '\u0003') interrupt.abort()
      else stdin.write(typed)
    },
  }
  const io = { stdin, stdout: stderr, stderr, signal: interrupt.signal }
  return { io, seen }
}

describe('asking a person', () => {
  it('gives the line that was typed, without its end', async () => {
    const { io, seen } = person('yes\r\n')
    expect(await ask(io, 'sure? ')).toBe('yes')
    expect(seen).toEqual({ text: 'sure? ', rawAtQuestion: false })
  })

  it('hides a passphrase before it asks for it, so that nothing shows of what is typed at once', async () => {
    const { io, seen } = person('open sesame\r')
    expect(await ask(io, 'passphrase? ', { hidden: true })).toBe('open sesame')
    expect(seen).toEqual({ text: 'passphrase? \n', rawAtQuestion: true })
    expect(io.stdin.raw).toBe(false)
  })

  it.each([
    ['the end of the input', undefined, false, 'nothing was answered'],
    ['the end of the input, where nothing shows', undefined, true, 'nothing was answered'],
    ['Ctrl-C', '\u0003', false, 'interrupted'],
  ])('ends the line of the question at %s', async (_, typed, hidden, message) => {
    const { io, seen } = person(typed)
    const error = await appError('interrupted', () => ask(io, 'sure? ', { hidden }))
    expect(error.message).toBe(message)
    expect(seen.text).toBe('sure? \n')
  })
})
