/** What is waited for, as one line on the terminal's stderr that takes itself back. */
import type { Sink } from './io.ts'
import { type Style, styled } from './style.ts'
import { cutTo } from './text-width.ts'

/** Whoever waits less sees nothing. Milliseconds. */
const DELAY = 300

const STYLE: Style = 'faint'

export class Progress {
  readonly #sink: Sink
  readonly #color: boolean
  /** What is waited for now, one within the other; the last one shows. */
  readonly #waits: { readonly line: string }[] = []
  #timer: NodeJS.Timeout | undefined
  #shown = false

  constructor(sink: Sink, color: boolean) {
    this.#sink = sink
    this.#color = color
  }

  /** Says from 300 ms on what is waited for. Returns how to end it; ending it twice does no harm. */
  start(line: string): () => void {
    const wait = { line }
    this.#waits.push(wait)
    if (this.#shown) this.#draw()
    else this.#timer ??= setTimeout(() => this.#draw(), DELAY)
    return () => this.#end(wait)
  }

  /** Takes the line away while something else is written, so that neither stands in the other's way. */
  aside(write: () => void): void {
    if (this.#shown) this.#sink.write(ERASE)
    write()
    if (this.#shown) this.#draw()
  }

  #end(wait: { readonly line: string }): void {
    const at = this.#waits.indexOf(wait)
    if (at === -1) return
    this.#waits.splice(at, 1)
    if (this.#waits.length > 0) {
      if (this.#shown) this.#draw()
      return
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#shown) this.#sink.write(ERASE)
    this.#shown = false
  }

  #draw(): void {
    const line = cutTo(this.#waits.at(-1)?.line ?? '', Math.max(1, (this.#sink.columns || 80) - 1))
    this.#sink.write(`${ERASE}${styled(line, STYLE, this.#color)}`)
    this.#shown = true
  }
}

/** To the start of the line, and nothing after it (ECMA-48, 8.3.41). */
const ERASE = '\r\u001b[K'
