/** /certificates/issuers and /certificates/contacts: this vault has no certificate authority, and nobody to write to. */
import type { Answer } from '../http/exchange.ts'
import type { VaultContext } from './context.ts'
import { VaultError } from './errors.ts'
import { pageAnswer } from './paging.ts'

export function listIssuers(context: VaultContext): Answer {
  context.allow('certificates', 'listissuers')
  return pageAnswer(
    context,
    [],
    () => '',
    () => ({}),
  )
}

export function getIssuer(context: VaultContext): Answer {
  context.allow('certificates', 'getissuers')
  throw new VaultError(404, 'CertificateIssuerNotFound', 'Issuer not found')
}

export function getContacts(context: VaultContext): Answer {
  context.allow('certificates', 'managecontacts')
  throw new VaultError(404, 'ContactsNotFound', 'Contacts not found')
}
