/** What names a certificate in a vault, checked before any request. */
import { AppError } from '../../core/errors.ts'
import { text } from '../settings.ts'

/** Key Vault's rule for names: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
export function certificateName(value: string, label: string): string {
  const name = text(value, label)
  if (/^[0-9A-Za-z-]{1,127}$/.test(name)) return name
  throw new AppError('setting-invalid', `${label} is not a name for a certificate in a vault`, {
    hint: 'use letters, digits and dashes, 127 at most',
  })
}

/** 32 hexadecimal digits. */
export function certificateVersion(value: string, label: string): string {
  const version = text(value, label)
  if (/^[0-9a-f]{32}$/i.test(version)) return version.toLowerCase()
  throw new AppError('setting-invalid', `${label} is not the version of a certificate in a vault`, {
    hint: 'give its 32 hexadecimal digits, the last part of its address',
  })
}
