/** The key and the secret that each certificate has: https://learn.microsoft.com/azure/key-vault/certificates/about-certificates. */
import type { Answer, TenantRequest } from '../http/exchange.ts'
import { type Route, route } from '../http/router.ts'
import type { VaultContext } from './context.ts'
import { getDeletedKey, getDeletedSecret, listDeletedKeys, listDeletedSecrets } from './deleted-parts.ts'
import { getKey, getRotationPolicy, listKeys, listKeyVersions, signWithKey } from './keys.ts'
import { refuseOnDeleted, refuseOnManaged, refuseToMake } from './managed.ts'
import { getSecret, listSecrets, listSecretVersions } from './secrets.ts'

/** Who asks, and with what api-version, before the handler sees anything. */
export type Checked = (
  handler: (context: VaultContext) => Answer | Promise<Answer>,
) => (request: TenantRequest) => Promise<Answer>

export const partRoutes = (checked: Checked): readonly Route[] => [
  route('GET', '/secrets', checked(listSecrets)),
  route('GET', '/secrets/:name/versions', checked(listSecretVersions)),
  route('GET', '/secrets/:name', checked(getSecret)),
  route('GET', '/secrets/:name/:version', checked(getSecret)),
  route('PUT', '/secrets/:name', checked(refuseToMake('Secret', 'set'))),
  route('PATCH', '/secrets/:name', checked(refuseOnManaged('Secret', 'set'))),
  route('PATCH', '/secrets/:name/:version', checked(refuseOnManaged('Secret', 'set'))),
  route('DELETE', '/secrets/:name', checked(refuseOnManaged('Secret', 'delete'))),
  route('GET', '/deletedsecrets', checked(listDeletedSecrets)),
  route('GET', '/deletedsecrets/:name', checked(getDeletedSecret)),
  route('POST', '/deletedsecrets/:name/recover', checked(refuseOnDeleted('Secret', 'recover'))),
  route('DELETE', '/deletedsecrets/:name', checked(refuseOnDeleted('Secret', 'purge'))),
  route('GET', '/keys', checked(listKeys)),
  route('GET', '/keys/:name/versions', checked(listKeyVersions)),
  route('GET', '/keys/:name', checked(getKey)),
  route('GET', '/keys/:name/rotationpolicy', checked(getRotationPolicy)),
  route('GET', '/keys/:name/:version', checked(getKey)),
  route('POST', '/keys/:name/sign', checked(signWithKey)),
  route('POST', '/keys/:name/:version/sign', checked(signWithKey)),
  route('POST', '/keys/:name/create', checked(refuseToMake('Key', 'create'))),
  route('PATCH', '/keys/:name', checked(refuseOnManaged('Key', 'update'))),
  route('PATCH', '/keys/:name/:version', checked(refuseOnManaged('Key', 'update'))),
  route('DELETE', '/keys/:name', checked(refuseOnManaged('Key', 'delete'))),
  route('GET', '/deletedkeys', checked(listDeletedKeys)),
  route('GET', '/deletedkeys/:name', checked(getDeletedKey)),
  route('POST', '/deletedkeys/:name/recover', checked(refuseOnDeleted('Key', 'recover'))),
  route('DELETE', '/deletedkeys/:name', checked(refuseOnDeleted('Key', 'purge'))),
]
