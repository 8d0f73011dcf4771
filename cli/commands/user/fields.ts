import type { SignedInUser } from '../../auth/sign-in.ts'

export const fieldsOfUser = (user: SignedInUser): (readonly [string, string])[] => [
  ['user', user.username],
  ['name', user.name],
  ['object id', user.objectId],
  ['tenant', user.tenantId],
]

export const jsonOfUser = ({ username, name, objectId, tenantId }: SignedInUser) => ({
  username,
  name,
  objectId,
  tenantId,
})
