import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import type { Column } from '../../io.ts'
import { allSettings } from './all-settings.ts'

interface Row {
  readonly key: string
  readonly value: string | undefined
  readonly from: string | undefined
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'SETTING', cell: ({ key }) => key, cut: 'never' },
  { heading: 'VALUE', cell: ({ value }) => value ?? '' },
  { heading: 'FROM', cell: ({ from }) => from ?? '' },
]

/** `todo-cli config list`: secrets are hidden, and what can not be used is listed too, with a warning. */
export const list: Action = async ({ out, settingsAsGiven, plugins }) => {
  const warn = ({ message, hint }: AppError) => out.warn(hint === undefined ? message : `${message}: ${hint}`)
  const specs = await allSettings(await plugins()).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error
    warn(error)
    return allSettings()
  })
  const values = await settingsAsGiven(specs, warn)
  out.list([...values.entries()], COLUMNS, '')
  return undefined
}
