import { AppError } from '../../../core/errors.ts'
import { didYouMean } from '../../did-you-mean.ts'
import type { SettingSpec } from '../../settings.ts'

/** The spec of a key that may be kept in a profile. @throws AppError `setting-invalid`: unknown, or a secret */
export function knownSetting(specs: readonly SettingSpec[], key: string): SettingSpec {
  const spec = specs.find((each) => each.key === key)
  if (spec === undefined) {
    const near = didYouMean(
      key,
      specs.map((each) => each.key),
    )
    throw new AppError('setting-invalid', `there is no setting "${key.slice(0, 64)}"${near}`, {
      hint: 'see which there are: todo-cli config list',
    })
  }
  if (spec.secret) {
    throw new AppError(
      'setting-invalid',
      `${key} is a secret, which no profile keeps and no command prints`,
      {
        hint: `set the variable ${spec.variable}`,
      },
    )
  }
  return spec
}
