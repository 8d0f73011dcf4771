import { randomFillSync } from 'node:crypto'

/** Filled anew when it is used up: asking the generator costs more than what it gives. */
const pool = Buffer.alloc(4096)
let taken = pool.length

/** Random text, base64url, of the length that so many bytes have: for claims that nobody but Entra can read. No secrets. */
export function opaque(bytes: number): string {
  if (taken + bytes > pool.length) {
    randomFillSync(pool)
    taken = 0
  }
  taken += bytes
  return pool.toString('base64url', taken - bytes, taken)
}
