import { changeProfiles, type ProfileValues } from '../../profiles.ts'
import type { LocalStatus } from './state.ts'

export const LOCAL_PROFILE = 'local'

/** Writes the profile `local`. Where no profile is current it becomes so; returns whether it is. */
export async function writeLocalProfile(path: string, status: LocalStatus): Promise<boolean> {
  let current = LOCAL_PROFILE
  await changeProfiles(path, (all) => {
    current = all.current ?? LOCAL_PROFILE
    return {
      current,
      profiles: { ...all.profiles, [LOCAL_PROFILE]: { ...all.profiles[LOCAL_PROFILE], ...valuesOf(status) } },
    }
  })
  return current === LOCAL_PROFILE
}

export async function removeLocalProfile(path: string): Promise<void> {
  await changeProfiles(path, ({ current, profiles }) => {
    const { [LOCAL_PROFILE]: _, ...others } = profiles
    return { ...(current === LOCAL_PROFILE ? {} : { current }), profiles: others }
  })
}

function valuesOf(status: LocalStatus): ProfileValues {
  return {
    authority: status.authority,
    tenantId: status.tenantId,
    clientId: status.clientId,
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
