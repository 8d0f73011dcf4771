import type { ExchangeRecord } from '../http/exchange.ts'

/** A record with its place in the log. */
export type LogLine = ExchangeRecord & { readonly seq: number }

export interface ExchangeLog {
  add(record: ExchangeRecord): void
  /** The lines after a place, oldest first. */
  after(seq: number): LogLine[]
}

/** The last exchanges, in memory: enough to see why something was refused. */
export function createLog(keep = 1000): ExchangeLog {
  const lines: LogLine[] = []
  let seq = 0
  return {
    add: (record) => {
      seq += 1
      lines.push({ seq, ...record })
      if (lines.length > keep) lines.shift()
    },
    after: (place) => lines.filter((line) => line.seq > place),
  }
}
