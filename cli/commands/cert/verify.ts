import { type Check, checkCertificate } from '../../../core/certificate-checks.ts'
import { openCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { othersMayRead } from '../../files.ts'
import type { Column } from '../../io.ts'

interface Row extends Omit<Check, 'check'> {
  readonly check: Check['check'] | 'file'
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'CHECK', cell: ({ check }) => check },
  { heading: 'RESULT', cell: ({ result }) => result },
  { heading: 'DETAIL', cell: ({ detail }) => detail },
]

/** `todo-cli cert verify [CERT]`: exit code 1 where a check failed. */
export const verify: Action = async (context, [argument], flags) => {
  const { chain, key, origin, where, refusal } = await openCertificate(context, argument, flags)
  const rows: Row[] = checkCertificate(chain, key).map((check) =>
    check.check === 'private key' && refusal?.code === 'certificate-key-mismatch'
      ? { ...check, result: 'failed', detail: 'belongs to another certificate' }
      : check,
  )
  if (where.kind === 'file' && key !== undefined) rows.push(await checkFile(where.path))
  const ok = rows.every(({ result }) => result !== 'failed')
  const { out } = context
  if (out.json) out.value({ certificate: origin, ok, checks: rows })
  else out.list(rows, COLUMNS, '')
  return ok ? undefined : 1
}

async function checkFile(path: string): Promise<Row> {
  return (await othersMayRead(path))
    ? { check: 'file', result: 'warning', detail: 'other users may read its private key: chmod 600' }
    : { check: 'file', result: 'ok', detail: 'only its owner may read it' }
}
