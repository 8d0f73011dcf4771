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
  const records: ExchangeRecord[] = []
  let dropped = 0
  return {
    add: (record) => {
      records.push(record)
      if (records.length <= keep) return
      records.shift()
      dropped += 1
    },
    after: (place) =>
      records
        .map((record, index) => ({ seq: dropped + index + 1, ...record }))
        .filter(({ seq }) => seq > place),
  }
}
