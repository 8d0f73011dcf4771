/**
 * The streams of the program, and how it writes to them.
 *
 * Terminal rules: stdout carries data and nothing else; a terminal gets a table, a pipe gets headerless TSV, `--json`
 * gives JSON. Warnings, notes and errors go to stderr. Colour: `--no-color`, `NO_COLOR`, `FORCE_COLOR`, then the TTY.
 */
import type { Readable } from 'node:stream'
import { Progress } from './progress.ts'
import { dateForPerson } from './relative-date.ts'
import { type Style, styled } from './style.ts'
import { type Cut, explain, fields, layOut } from './table.ts'
import { wrap } from './text-width.ts'

/** A stream to write to. */
export interface Sink {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** What `main` hands in from `process`, and a test from its own buffers. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  readonly stdout: Sink
  readonly stderr: Sink
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** Whether the terminal can take a line back (`TERM=dumb` can not), which progress needs. */
  readonly erases: boolean
  /** Whether each stream is coloured: one of them may be a terminal and the other a file. */
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean }
}

/** One column of a table: its heading and how a row's cell reads. */
export interface Column<Row> {
  readonly heading: string
  /** For a person. */
  cell(row: Row): string
  /** For a pipe: dates in ISO 8601, nothing cut. The same as `cell` where absent. */
  raw?(row: Row): string
  /** On a narrow terminal: `never` for what a person copies, `first` and `whole` for what they can do without, `wrap` for sentences. */
  readonly cut?: Cut
}

/** A value with what it means. */
export interface ExplainedRow {
  readonly name: string
  readonly value: string
  readonly meaning: string
  /** The value is of no use to a person, so that a narrow terminal may cut it. */
  readonly mayBeCut?: boolean
}

/** How commands write. Made once for each run. */
export class Output {
  readonly #io: Io
  readonly #options: OutputOptions
  readonly #progress: Progress
  readonly #warned = new Set<string>()

  constructor(io: Io, options: OutputOptions) {
    this.#io = io
    this.#options = options
    this.#progress = new Progress(io.stderr, options.colors.stderr)
  }

  get json(): boolean {
    return this.#options.json
  }

  /** Of the terminal. One that does not tell its size is taken for one of 80 columns. */
  get #columns(): number {
    return this.#io.stdout.columns || 80
  }

  get interactive(): boolean {
    return Boolean(this.#io.stdin.isTTY && this.#io.stderr.isTTY)
  }

  /** Data: text that is the answer itself, for instance a token. What others wrote goes through {@link printable} first. */
  text(line: string): void {
    this.#progress.aside(() => this.#io.stdout.write(`${line}\n`))
  }

  /** Data: one JSON value. */
  value(value: unknown): void {
    this.text(JSON.stringify(value, undefined, this.#io.stdout.isTTY ? 2 : undefined))
  }

  /** Data: a list, as a table, TSV or JSON. An empty list is valid JSON, and a note for a person. */
  list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void {
    if (this.#options.json) this.value(rows)
    else if (rows.length === 0) this.note(empty)
    else if (this.#io.stdout.isTTY) this.#table(rows, columns)
    else {
      for (const row of rows) {
        this.text(columns.map((column) => tsvCell((column.raw ?? column.cell).call(column, row))).join('\t'))
      }
    }
  }

  #table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const cells = rows.map((row) => columns.map((column) => printable(column.cell(row))))
    const headings = columns.map(({ heading }) => heading)
    const cuts = columns.map(({ cut }) => cut)
    for (const line of layOut([headings, ...cells], this.#columns, cuts)) this.text(line)
  }

  /**
   * Data: the fields of one thing, `name value` a line for a person, TSV for a pipe, the object itself for JSON. A person gets
   * dates as a person says them, a pipe in ISO 8601.
   */
  fields(rows: readonly (readonly [name: string, value: string | Date])[], json: unknown): void {
    if (this.#options.json) {
      this.value(json)
    } else if (this.#io.stdout.isTTY) {
      const shown = rows.map(([name, value]) => [name, printable(textOf(value, dateForPerson))] as const)
      for (const line of fields(shown, this.#columns)) this.text(line)
    } else {
      for (const [name, value] of rows) this.text(`${name}\t${tsvCell(textOf(value, isoDate))}`)
    }
  }

  /** Data: a sentence behind a head of `cells`, which may be coloured. On a terminal it goes on below its beginning. */
  behind(head: string, cells: number, sentence: string): void {
    const text = printable(sentence)
    const lines = this.#io.stdout.isTTY ? wrap(text, Math.max(24, this.#columns - cells)) : [text]
    lines.forEach((line, index) => {
      this.text(`${index === 0 ? head : ' '.repeat(cells)}${line}`)
    })
  }

  /** Data: values with their meanings. A wide terminal gets a table, a narrow one each meaning below its value, a pipe TSV. */
  explained(rows: readonly ExplainedRow[]): void {
    if (!this.#io.stdout.isTTY) {
      for (const { name, value, meaning } of rows) this.text([name, value, meaning].map(tsvCell).join('\t'))
      return
    }
    const shown = rows.map((row) => ({ ...row, value: printable(row.value) }))
    const faint = (text: string) => this.paint(text, 'faint')
    for (const line of explain(shown, this.#columns, faint)) this.text(line)
  }

  /** For a person, on stderr; silent with `--quiet` and `--json`. */
  note(line: string): void {
    if (!this.#options.quiet && !this.#options.json) this.#toStderr(printable(line))
  }

  /** What a person has to do now, on stderr, whatever the flags: without it the command would wait in vain. */
  tell(line: string): void {
    this.#toStderr(printable(line))
  }

  /** For a person, on stderr, `--quiet` or not. What was said once is not said again. */
  warn(line: string): void {
    if (this.#warned.has(line)) return
    this.#warned.add(line)
    this.#toStderr(`${styled('warning:', 'warning', this.#options.colors.stderr)} ${printable(line)}`)
  }

  /** Method, URL, status and milliseconds of a request, with `--verbose`. Never a header or a body. */
  trace(line: string): void {
    if (this.#options.verbose)
      this.#toStderr(styled(`> ${printable(line)}`, 'faint', this.#options.colors.stderr))
  }

  /** Says on a terminal what is waited for, from 300 ms on. Returns how to take it back. */
  progress(line: string): () => void {
    const { quiet, json, erases } = this.#options
    if (quiet || json || !erases || !this.#io.stderr.isTTY) return () => {}
    return this.#progress.start(printable(line))
  }

  /** Runs `work`, saying on a terminal from 300 ms on what is waited for. */
  async during<T>(line: string, work: () => Promise<T>): Promise<T> {
    const done = this.progress(line)
    try {
      return await work()
    } finally {
      done()
    }
  }

  /** Colours text that {@link text} writes. */
  paint(text: string, style: Style): string {
    return styled(text, style, this.#options.colors.stdout)
  }

  #toStderr(line: string): void {
    this.#progress.aside(() => this.#io.stderr.write(`${line}\n`))
  }
}

/** Whether to colour a stream, which is a terminal or not. https://no-color.org https://bixense.com/clicolors/ */
export function wantsColor(
  flag: boolean | undefined,
  env: NodeJS.ProcessEnv,
  isTTY: boolean | undefined,
): boolean {
  if (flag === false) return false
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return !['0', 'false'].includes(env.FORCE_COLOR)
  if (env.CLICOLOR_FORCE && env.CLICOLOR_FORCE !== '0') return true
  return Boolean(isTTY) && env.TERM !== 'dumb' && env.CLICOLOR !== '0'
}

/** Takes out what would move the cursor, ring, recolour, begin a line or turn the others around: an item's text is someone else's. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ')
}

const tsvCell = (text: string) => printable(text)

const isoDate = (date: Date) => date.toISOString()

const textOf = (value: string | Date, ofDate: (date: Date) => string) =>
  typeof value === 'string' ? value : ofDate(value)
