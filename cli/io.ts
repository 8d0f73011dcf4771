/**
 * The streams of the program, and how it writes to them.
 *
 * Terminal rules: stdout carries data and nothing else; a terminal gets a table, a pipe gets headerless TSV, `--json`
 * gives JSON. Warnings, notes and errors go to stderr. Colour: `--no-color`, `NO_COLOR`, `FORCE_COLOR`, then the TTY.
 */
import type { Readable } from 'node:stream'
import { Progress } from './progress.ts'
import { type Style, styled } from './style.ts'
import { type Cut, explain, layOut } from './table.ts'

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
  /** Whether each stream is coloured: one of them may be a terminal and the other a file. */
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean }
}

/** One column of a table: its heading and how a row's cell reads. `narrow` columns keep their width, the widest gives way. */
export interface Column<Row> {
  readonly heading: string
  /** For a person. */
  cell(row: Row): string
  /** For a pipe: dates in ISO 8601, nothing cut. The same as `cell` where absent. */
  raw?(row: Row): string
  /** On a narrow terminal: `never` for what a person copies, `first` and `whole` for what they can do without. */
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
    for (const line of layOut([headings, ...cells], this.#io.stdout.columns ?? 80, cuts)) this.text(line)
  }

  /** Data: the fields of one thing, `name value` a line for a person, TSV for a pipe, the object itself for JSON. */
  fields(fields: readonly (readonly [name: string, value: string])[], json: unknown): void {
    if (this.#options.json) {
      this.value(json)
      return
    }
    const width = Math.max(...fields.map(([name]) => name.length))
    for (const [name, value] of fields) {
      this.text(
        this.#io.stdout.isTTY ? `${name.padEnd(width)}  ${printable(value)}` : `${name}\t${tsvCell(value)}`,
      )
    }
  }

  /** Data: values with their meanings. A wide terminal gets a table, a narrow one each meaning below its value, a pipe TSV. */
  explained(rows: readonly ExplainedRow[]): void {
    if (!this.#io.stdout.isTTY) {
      for (const { name, value, meaning } of rows) this.text([name, value, meaning].map(tsvCell).join('\t'))
      return
    }
    const shown = rows.map((row) => ({ ...row, value: printable(row.value) }))
    const faint = (text: string) => this.paint(text, 'faint')
    for (const line of explain(shown, this.#io.stdout.columns ?? 80, faint)) this.text(line)
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
    if (this.#options.quiet || this.#options.json || !this.#io.stderr.isTTY) return () => {}
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

/** Whether to colour a stream, which is a terminal or not. https://no-color.org */
export function wantsColor(
  flag: boolean | undefined,
  env: NodeJS.ProcessEnv,
  isTTY: boolean | undefined,
): boolean {
  if (flag === false) return false
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return Boolean(isTTY) && env.TERM !== 'dumb'
}

/** Takes out what would move the cursor, ring or recolour: an item's text is someone else's. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ')
}

const tsvCell = (text: string) => printable(text)
