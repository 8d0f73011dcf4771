/** One line of the log. Values are what is listed here: no header, no token, no body, no query. */
export interface LogRecord {
  readonly time: string
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly [field: string]: string | number | boolean | undefined
}

export type Log = (record: Omit<LogRecord, 'time'>) => void

/** Adds the time. */
export function timed(log: ((record: LogRecord) => void) | undefined): Log {
  return (record) => log?.({ time: new Date().toISOString(), ...record } as LogRecord)
}

/** An error for the log: its name and first line, and those of its causes. A stack goes there for a defect only. */
export function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return 'unknown error'
  const own = `${error.name}: ${(error.message.split('\n')[0] ?? '').slice(0, 300)}`
  return error.cause === undefined || depth > 4 ? own : `${own} <- ${describeError(error.cause, depth + 1)}`
}

/** How long a line may wait for others, in milliseconds. */
const GATHER_MS = 100

/** Writes records as lines of JSON, those of a moment together: a system call for each line would cost more than it. */
export function lineWriter(out: (text: string) => void): { write(record: LogRecord): void; flush(): void } {
  let lines = ''
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const text = lines
    lines = ''
    if (text !== '') out(text)
  }
  return {
    write(record) {
      lines += `${JSON.stringify(record)}\n`
      if (lines.length > 16_384) flush()
      else timer ??= setTimeout(flush, GATHER_MS)
    },
    flush,
  }
}
