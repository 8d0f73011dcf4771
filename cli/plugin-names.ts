import { AppError } from '../core/errors.ts'

/** The names in a profile's `plugins`: `todo-cli-source-ssh-agent,@contoso/hsm`. */
export function pluginNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** https://docs.npmjs.com/cli/configuring-npm/package-json#name: no path can be written this way. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/** Checks a profile's `plugins`. @throws AppError `setting-invalid` */
export function parsePlugins(text: string, label: string): string {
  const names = pluginNames(text)
  const bad = names.find((name) => !PACKAGE.test(name) || name.length > 214)
  if (bad === undefined && names.length > 0) return names.join(',')
  throw new AppError('setting-invalid', `${label} is not a list of npm packages`, {
    hint: 'write names with commas between, for instance todo-cli-source-ssh-agent',
  })
}
