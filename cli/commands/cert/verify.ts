import { type Check, checkCertificate } from '../../../core/certificate-checks.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { openCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import type { Context } from '../../context.ts'
import { othersMayRead } from '../../files.ts'
import type { Column } from '../../io.ts'

interface Row extends Omit<Check, 'check'> {
  readonly check: Check['check'] | 'file' | 'registration'
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'CHECK', cell: ({ check }) => check },
  { heading: 'RESULT', cell: ({ result }) => result },
  { heading: 'DETAIL', cell: ({ detail }) => detail, cut: 'wrap' },
]

/** `todo-cli cert verify [CERT]`: exit code 1 where a check failed. */
export const verify: Action = async (context, [argument], flags) => {
  const { chain, key, origin, where, refusal } = await openCertificate(context, argument, flags)
  const rows: Row[] = checkCertificate(chain, key).map((check) => {
    if (check.check !== 'private key') return check
    if (refusal?.code === 'certificate-key-mismatch')
      return { ...check, result: 'failed', detail: 'belongs to another certificate' }
    return where.kind === 'vault' ? { ...check, detail: 'in the vault, which does not show it' } : check
  })
  if (where.kind === 'file' && key !== undefined) rows.push(await checkFile(where.path))
  rows.push(...(await checkRegistration(context, thumbprintsOf(chain[0].raw).sha1)))
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

/** Where an app is configured: whether it knows the certificate. What it does not know can still be in order. */
async function checkRegistration(context: Context, thumbprint: string): Promise<Row[]> {
  const clientId = (await context.settings()).get('clientId')
  if (clientId === undefined) return []
  const { isRegistered } = await import('../../registration/known-certificate.ts')
  const answer = await isRegistered(context, clientId, thumbprint)
  if (answer.known === undefined) {
    return [{ check: 'registration', result: 'skipped', detail: answer.error.message }]
  }
  return answer.known
    ? [{ check: 'registration', result: 'ok', detail: `registered with ${answer.app}` }]
    : [
        {
          check: 'registration',
          result: 'warning',
          detail: `not registered with ${answer.app}: todo-cli app credential add`,
        },
      ]
}
