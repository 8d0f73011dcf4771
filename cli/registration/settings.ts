import { type SettingSpec, text } from '../settings.ts'

/** What a profile knows of its registration, beside the settings of everybody. */
export const REGISTRATION_SETTINGS: readonly SettingSpec[] = [
  {
    key: 'appObjectId',
    flag: '--object-id ID',
    variable: 'TODO_CLI_APP_OBJECT_ID',
    help: 'The object id of the app, for a proof that its certificate signs',
    parse: text,
  },
  {
    key: 'apiVariablesFile',
    flag: '--api-env FILE',
    variable: 'TODO_CLI_API_ENV_FILE',
    help: 'The file of variables that todo-api starts with',
    parse: text,
  },
]
