import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Column, Output, type OutputOptions, printable, wantsColor } from '../../../cli/io.ts'

interface Row {
  readonly name: string
  readonly date: string
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'DATE', cell: ({ date }) => date.slice(0, 10), raw: ({ date }) => date },
]
const ROWS: readonly Row[] = [
  { name: 'tea', date: '2026-01-02T03:04:05Z' },
  { name: 'a longer name', date: '2026-12-31T00:00:00Z' },
]

function output(options: Partial<OutputOptions> = {}, { tty = false, columns = 80 } = {}) {
  const wrote = { out: '', err: '' }
  const sink = (name: keyof typeof wrote) => ({
    isTTY: tty,
    columns,
    write: (text: string) => {
      wrote[name] += text
    },
  })
  const io = {
    stdin: Object.assign(Readable.from([]), { isTTY: tty }),
    stdout: sink('out'),
    stderr: sink('err'),
    signal: new AbortController().signal,
  }
  return {
    wrote,
    out: new Output(io, {
      json: false,
      quiet: false,
      verbose: false,
      erases: true,
      colors: { stdout: false, stderr: false },
      ...options,
    }),
  }
}

describe('a list', () => {
  it('is a table on a terminal', () => {
    const { wrote, out } = output({}, { tty: true })
    out.list(ROWS, COLUMNS, 'none')
    expect(wrote.out).toBe('NAME           DATE\ntea            2026-01-02\na longer name  2026-12-31\n')
  })

  it('is TSV in a pipe: no heading, dates whole', () => {
    const { wrote, out } = output()
    out.list(ROWS, COLUMNS, 'none')
    expect(wrote).toEqual({
      out: 'tea\t2026-01-02T03:04:05Z\na longer name\t2026-12-31T00:00:00Z\n',
      err: '',
    })
  })

  it('is JSON where that was asked for, on one line in a pipe', () => {
    const { wrote, out } = output({ json: true })
    out.list(ROWS, COLUMNS, 'none')
    expect(wrote.out).toBe(`${JSON.stringify(ROWS)}\n`)
  })

  it('is indented JSON on a terminal', () => {
    const { wrote, out } = output({ json: true }, { tty: true })
    out.list(ROWS, COLUMNS, 'none')
    expect(wrote.out).toBe(`${JSON.stringify(ROWS, undefined, 2)}\n`)
  })

  it.each([
    ['JSON', { json: true }, { out: '[]\n', err: '' }],
    ['a note', {}, { out: '', err: 'none\n' }],
    ['nothing', { quiet: true }, { out: '', err: '' }],
  ])('that is empty is %s', (_, options, wrote) => {
    const made = output(options)
    made.out.list([], COLUMNS, 'none')
    expect(made.wrote).toEqual(wrote)
  })

  it('gives up width of its widest column on a narrow terminal, and never more than that', () => {
    const { wrote, out } = output({}, { tty: true, columns: 26 })
    out.list([{ name: 'x'.repeat(60), date: '2026-01-02T03:04:05Z' }], COLUMNS, 'none')
    expect(wrote.out.split('\n')).toEqual(['NAME            DATE', `${'x'.repeat(13)}…  2026-01-02`, ''])
  })

  it('is a block for each row where no table fits', () => {
    const { wrote, out } = output({}, { tty: true, columns: 1 })
    out.list(ROWS, COLUMNS, 'none')
    expect(wrote.out).toMatch(/^NAME {2}tea\nDATE {2}2026-01-02\n\nNAME {2}a longer\n {6}name\nDATE/)
  })

  it('is a table of 80 columns on a terminal that does not tell its size', () => {
    const { wrote, out } = output({}, { tty: true, columns: 0 })
    out.list([{ name: 'x'.repeat(90), date: '2026-01-02' }], COLUMNS, 'none')
    expect(wrote.out.split('\n')[1]).toHaveLength(80)
  })

  it.each([true, false])('keeps one line for each row, whatever a cell holds (terminal: %s)', (tty) => {
    const { wrote, out } = output({}, { tty })
    out.list([{ name: 'a\tb\r\nc\u001b[31m\u0007', date: '2026-01-02' }], COLUMNS, 'none')
    expect(wrote.out.trimEnd().split('\n')).toHaveLength(tty ? 2 : 1)
    expect(wrote.out).toContain('a b c [31m ')
  })
})

describe('fields', () => {
  const FIELDS = [
    ['id', '1'],
    ['description', 'tea\u001b[2J'],
  ] as const

  it.each([
    ['lines on a terminal', {}, true, 'id           1\ndescription  tea [2J\n'],
    ['TSV in a pipe', {}, false, 'id\t1\ndescription\ttea [2J\n'],
    ['the thing itself in JSON', { json: true }, false, '{"id":1}\n'],
  ])('are %s', (_, options, tty, text) => {
    const { wrote, out } = output(options, { tty })
    out.fields(FIELDS, { id: 1 })
    expect(wrote.out).toBe(text)
  })

  it('have dates as a person says them on a terminal, and in ISO 8601 in a pipe', () => {
    const [shown, piped] = [output({}, { tty: true }), output()]
    const rows = [['until', new Date('2001-02-03T04:05:06Z')]] as const
    shown.out.fields(rows, {})
    piped.out.fields(rows, {})
    expect(shown.wrote.out).toMatch(/^until {2}2001-02-03 04:05 UTC \(\d+ years ago\)\n$/)
    expect(piped.wrote.out).toBe('until\t2001-02-03T04:05:06.000Z\n')
  })

  it('are broken to the width of a narrow terminal, and whole in a pipe', () => {
    const [shown, piped] = [output({}, { tty: true, columns: 24 }), output()]
    const rows = [['text', 'one two three four five six']] as const
    shown.out.fields(rows, {})
    piped.out.fields(rows, {})
    expect(shown.wrote.out).toBe('text  one two three four\n      five six\n')
    expect(piped.wrote.out).toBe('text\tone two three four five six\n')
  })
})

describe('a sentence behind a head', () => {
  it('goes on below its beginning on a narrow terminal, a command in one piece', () => {
    const { wrote, out } = output({}, { tty: true, columns: 30 })
    out.behind(
      '\u001b[31mfail\u001b[0m  ',
      6,
      'one two three four five: todo-cli app credential add certs/daemon.crt',
    )
    expect(wrote.out).toBe(
      '\u001b[31mfail\u001b[0m  one two three four five:\n      todo-cli app credential add certs/daemon.crt\n',
    )
  })

  it('is one line in a pipe, without a control character', () => {
    const { wrote, out } = output({}, { columns: 10 })
    out.behind('fail  ', 6, 'one two three\u001b[2J four')
    expect(wrote.out).toBe('fail  one two three [2J four\n')
  })
})

describe('standard error', () => {
  it.each([
    ['notes', {}, 'note\nwarning: warn\n'],
    ['no notes with --quiet', { quiet: true }, 'warning: warn\n'],
    ['no notes with --json', { json: true }, 'warning: warn\n'],
    ['requests with --verbose', { verbose: true }, 'note\nwarning: warn\n> trace\n'],
    [
      'colour',
      { colors: { stdout: false, stderr: true }, verbose: true },
      'note\n\u001b[35mwarning:\u001b[0m warn\n\u001b[2m> trace\u001b[0m\n',
    ],
  ])('has %s', (_, options, err) => {
    const { wrote, out } = output(options)
    out.note('note')
    out.warn('warn')
    out.trace('trace')
    expect(wrote).toEqual({ out: '', err })
  })

  it('shows no control character of a note or a warning', () => {
    const { wrote, out } = output({ verbose: true })
    out.note('a\u001b[2Jb')
    out.warn('a\u0007b')
    out.trace('a\rb')
    expect(wrote.err).toBe('a [2Jb\nwarning: a b\n> a b\n')
  })
})

describe('colour', () => {
  it.each([
    [undefined, {}, true, true],
    [undefined, {}, false, false],
    [undefined, { TERM: 'dumb' }, true, false],
    [undefined, { TERM: 'dumb', FORCE_COLOR: '1' }, true, true],
    [undefined, { CLICOLOR: '0' }, true, false],
    [undefined, { CLICOLOR: '1' }, false, false],
    [undefined, { CLICOLOR_FORCE: '1' }, false, true],
    [undefined, { CLICOLOR_FORCE: '0' }, true, true],
    [undefined, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, true, false],
    [undefined, { FORCE_COLOR: 'false' }, true, false],
    [undefined, { NO_COLOR: '1' }, true, false],
    [undefined, { NO_COLOR: '' }, true, true],
    [undefined, { FORCE_COLOR: '1' }, false, true],
    [undefined, { FORCE_COLOR: '0' }, true, false],
    [undefined, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [false, { FORCE_COLOR: '1' }, true, false],
  ])('with the flag %s, the variables %o and a terminal %s: %s', (flag, env, isTTY, wanted) => {
    expect(wantsColor(flag, env, isTTY)).toBe(wanted)
  })
})

describe('values with their meanings', () => {
  const ROWS = [
    { name: 'aud', value: 'x'.repeat(30), meaning: 'for whom' },
    { name: 'aio', value: 'y'.repeat(50), meaning: 'nothing to see', mayBeCut: true },
  ]

  it('are TSV in a pipe, whole', () => {
    const { wrote, out } = output()
    out.explained([...ROWS, { name: 'a\tb', value: '\u001b[2J', meaning: 'm' }])
    expect(wrote.out).toBe(
      `aud\t${'x'.repeat(30)}\tfor whom\naio\t${'y'.repeat(50)}\tnothing to see\na b\t [2J\tm\n`,
    )
  })

  it('are a table on a terminal that is wide enough', () => {
    const { wrote, out } = output({}, { tty: true, columns: 71 })
    out.explained(ROWS)
    expect(wrote.out).toBe(
      `aud  ${'x'.repeat(30)}${' '.repeat(22)}for whom\naio  ${'y'.repeat(50)}  nothing to see\n`,
    )
  })

  it('have their meaning below on a narrow one, and only what may be cut is cut', () => {
    const { wrote, out } = output({}, { tty: true, columns: 30 })
    out.explained(ROWS)
    expect(wrote.out).toBe(
      `aud  ${'x'.repeat(30)}\n     for whom\naio  ${'y'.repeat(24)}…\n     nothing to see\n`,
    )
  })

  it('colour the meaning alone, and only where standard output is coloured', () => {
    const one = [{ name: 'a', value: 'b', meaning: 'c' }]
    const colored = output({ colors: { stdout: true, stderr: false } }, { tty: true })
    colored.out.explained(one)
    expect(colored.wrote.out).toBe('a  b  \u001b[2mc\u001b[0m\n')
    const plain = output({ colors: { stdout: false, stderr: true } }, { tty: true })
    plain.out.explained(one)
    expect(plain.wrote.out).toBe('a  b  c\n')
  })
})

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('shows on a terminal from 300 ms on, and is taken back', () => {
    const { wrote, out } = output({}, { tty: true })
    const done = out.progress('waiting')
    vi.advanceTimersByTime(299)
    expect(wrote.err).toBe('')
    vi.advanceTimersByTime(1)
    expect(wrote.err).toBe('\r\u001b[Kwaiting')
    done()
    done()
    expect(wrote).toEqual({ out: '', err: '\r\u001b[Kwaiting\r\u001b[K' })
  })

  it.each([
    ['of what ends sooner', {}, true],
    ['in a pipe', {}, false, 1000],
    ['with --quiet', { quiet: true }, true, 1000],
    ['with --json', { json: true }, true, 1000],
    ['on a terminal that can not take a line back', { erases: false }, true, 1000],
  ])('shows nothing %s', (_, options, tty, ms = 299) => {
    const { wrote, out } = output(options, { tty })
    const done = out.progress('waiting')
    vi.advanceTimersByTime(ms)
    done()
    vi.advanceTimersByTime(1000)
    expect(wrote).toEqual({ out: '', err: '' })
  })

  it('makes room for a warning and for data, and comes back below', () => {
    const { wrote, out } = output({}, { tty: true })
    out.progress('waiting')
    vi.advanceTimersByTime(300)
    wrote.err = ''
    out.warn('hot')
    out.text('data')
    expect(wrote.out).toBe('data\n')
    expect(wrote.err).toBe('\r\u001b[Kwarning: hot\n\r\u001b[Kwaiting\r\u001b[K\r\u001b[Kwaiting')
  })

  it('shows the inner of two waits, then the outer again', () => {
    const { wrote, out } = output({}, { tty: true })
    const outer = out.progress('outer')
    vi.advanceTimersByTime(200)
    const inner = out.progress('inner')
    vi.advanceTimersByTime(100)
    inner()
    outer()
    expect(wrote.err).toBe('\r\u001b[Kinner\r\u001b[Kouter\r\u001b[K')
  })

  it('is taken back when the work fails, too', async () => {
    const { wrote, out } = output({}, { tty: true })
    const work = out.during('working', async () => {
      vi.advanceTimersByTime(300)
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    expect(wrote.err).toBe('\r\u001b[Kworking\r\u001b[K')
  })

  it('stays in one line of the terminal, without a control character', () => {
    const { wrote, out } = output({}, { tty: true, columns: 10 })
    out.progress('a\u0007 very long line')
    vi.advanceTimersByTime(300)
    expect(wrote.err).toBe('\r\u001b[Ka  very …')
  })
})

describe('printable text', () => {
  it.each([
    ['escape sequences', '\u001b[31mred', ' [31mred'],
    ['line breaks and tabs', 'a\r\n\tb', 'a b'],
    ['the bell and backspace', 'a\u0007\u0008b', 'a b'],
    ['C1 controls', 'a\u009b31mb', 'a 31mb'],
    ['other line breaks of Unicode', 'a\u2028b\u2029c\u0085d', 'a b c d'],
    ['turned writing direction', 'a\u202eb\u2066c', 'a b c'],
  ])('has no %s', (_, given, shown) => {
    expect(printable(given)).toBe(shown)
  })

  it.each(['Zürich', '买茶', '🫖 tea', 'שלום', "it's “fine”"])('keeps %s', (text) => {
    expect(printable(text)).toBe(text)
  })
})
