/** Where the todos are. */
export const TODOS_PATH = '/api/todolist'

/** What an app finds that asks for an empty list, where the setting says so: the sample's three items. */
export const EXAMPLES = ['Pick up groceries', 'Finish invoice report', 'Water plants'] as const
