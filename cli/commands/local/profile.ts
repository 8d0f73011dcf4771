import { changeProfiles, type ProfileValues, readProfiles } from '../../profiles.ts'
import type { LocalStatus } from './state.ts'

export const LOCAL_PROFILE = 'local'

/** The app without any role, whose calls the API answers with 403. */
const WITHOUT_ROLE = 'local-without-role'

/** Writes the profiles of the local tenant. Where no profile is current, `local` becomes so; returns whether it is. */
export async function writeLocalProfile(path: string, status: LocalStatus): Promise<boolean> {
  let current = LOCAL_PROFILE
  await changeProfiles(path, (all) => {
    current = all.current ?? LOCAL_PROFILE
    const local = { ...all.profiles[LOCAL_PROFILE], ...valuesOf(status) }
    const { certificateFile: _, certificateName: __, ...withSecret } = valuesOf(status)
    const withoutRole = {
      ...withSecret,
      clientId: status.clientWithoutRoleId,
      clientSecretFile: status.clientWithoutRoleSecretFile,
    }
    return { current, profiles: { ...all.profiles, [LOCAL_PROFILE]: local, [WITHOUT_ROLE]: withoutRole } }
  })
  return current === LOCAL_PROFILE
}

export async function removeLocalProfile(path: string): Promise<void> {
  const { profiles } = await readProfiles(path)
  if (!(LOCAL_PROFILE in profiles || WITHOUT_ROLE in profiles)) return
  await changeProfiles(path, ({ current, profiles }) => {
    const { [LOCAL_PROFILE]: _, [WITHOUT_ROLE]: __, ...others } = profiles
    const gone = current === LOCAL_PROFILE || current === WITHOUT_ROLE
    return { ...(gone ? {} : { current }), profiles: others }
  })
}

function valuesOf(status: LocalStatus): ProfileValues {
  return {
    authority: status.authority,
    tenantId: status.tenantId,
    clientId: status.clientId,
    userClientId: status.publicClientId,
    clientSecretFile: status.clientSecretFile,
    certificateFile: status.certificateFile,
    scopes: status.scope,
    apiEndpoint: status.apiUrl,
    graphUrl: status.graphUrl,
    caFile: status.caFile,
    keyVaultUrl: status.vaultUrl,
    certificateName: status.certificateName,
    vaultAuth: 'certificate',
    vaultCertificateFile: status.vaultCertificateFile,
    vaultClientId: status.vaultClientId,
    vaultTenantId: status.tenantId,
    vaultAuthorityHost: new URL(status.authority).origin,
  }
}
