import type { Action } from '../../command.ts'
import type { Column } from '../../io.ts'
import { readProfiles } from '../../profiles.ts'

interface Row {
  readonly name: string
  readonly current: boolean
  readonly settings: number
}

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'PROFILE', cell: ({ name }) => name, cut: 'never' },
  { heading: 'CURRENT', cell: ({ current }) => (current ? 'yes' : '') },
  { heading: 'SETTINGS', cell: ({ settings }) => String(settings) },
]

/** `todo-cli config profiles` */
export const profiles: Action = async ({ home, out }) => {
  const file = await readProfiles(home.profiles)
  const rows = Object.entries(file.profiles).map(([name, values]) => ({
    name,
    current: name === file.current,
    settings: Object.keys(values).length,
  }))
  out.list(rows, COLUMNS, 'no profiles; make one: todo-cli local start; or: todo-cli config set clientId ID')
  return undefined
}
