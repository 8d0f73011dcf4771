import { systemCode } from '../../core/errors.ts'

/**
 * SQLSTATEs for "not now, the same request may succeed later": connection (class 08), resources (53), operator
 * intervention (57), a standby that became read-only (25006), serialisation and deadlock (40001, 40P01).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NOT_NOW = /^(08...|53...|57...|25006|40001|40P01)$/

/** Node's codes for a connection that can't be made or was lost. */
const CONNECTION =
  /^(ECONN(REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOENT)$/

/** pg has no code for these of its own. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Cannot use a pool after calling end|Client has encountered a connection error|Client was closed)/

export function isUnavailable(error: unknown): boolean {
  const code = systemCode(error)
  if (code !== undefined && (NOT_NOW.test(code) || CONNECTION.test(code))) return true
  return error instanceof Error && MESSAGES.test(error.message)
}

/** A reason for people: never the URL, which has a password in it. */
export function reasonOf(error: unknown): string {
  const code = systemCode(error)
  if (code === undefined) return isUnavailable(error) ? 'the server does not answer' : 'unknown reason'
  return CONNECTION.test(code)
    ? `the server can not be reached (${code})`
    : `the server refused (SQLSTATE ${code})`
}
