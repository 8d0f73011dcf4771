/**
 * The key and the secret of a certificate are Key Vault's own: nobody changes or deletes them but with the certificate.
 * https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#composition-of-a-certificate
 */
import type { Answer } from '../http/exchange.ts'
import type { VaultContext } from './context.ts'
import { findDeleted } from './deleted.ts'
import { VaultError } from './errors.ts'
import { findCertificate, type Kind, lookUp } from './lookup.ts'
import { notSupported } from './unsupported.ts'

type Part = Exclude<Kind, 'Certificate'>

const PLANES = { Key: 'keys', Secret: 'secrets' } as const

/** A handler for what changes or deletes a key or a secret: refused for a certificate's, 404 for any other. */
export function refuseOnManaged(part: Part, operation: string): (context: VaultContext) => Answer {
  return (context) => {
    context.allow(PLANES[part], operation)
    findCertificate(context, context.request.params.name ?? '', part)
    throw managed(part, operation)
  }
}

/** The same for one in the bin. */
export function refuseOnDeleted(part: Part, operation: string): (context: VaultContext) => Answer {
  return (context) => {
    context.allow(PLANES[part], operation)
    findDeleted(context, part)
    throw managed(part, operation)
  }
}

/** A handler for what makes a key or a secret: this vault has none of their own. */
export function refuseToMake(part: Part, operation: string): (context: VaultContext) => Answer {
  return (context) => {
    context.allow(PLANES[part], operation)
    const record = lookUp(context, context.request.params.name ?? '')
    if (record !== undefined && record.deleted === undefined) throw managed(part, operation)
    throw notSupported(`${PLANES[part]}/${operation}`)
  }
}

function managed(part: Part, operation: string): VaultError {
  return new VaultError(
    403,
    'Forbidden',
    `Operation "${operation}" is not allowed on this ${part.toLowerCase()}, since it is associated with a certificate. Perform the operation on the corresponding certificate. For more information refer to https://docs.microsoft.com/en-us/azure/key-vault/certificates/about-certificates#composition-of-a-certificate`,
    `${part}ManagedByKeyVault`,
  )
}
