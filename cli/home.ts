import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where the program keeps what it keeps. `TODO_CLI_HOME` holds all of it; without it, the XDG folders do. */
export interface Home {
  /** The profile file. */
  readonly profiles: string
  /** The folder of cached access tokens. */
  readonly tokens: string
  /** The folder of plugins, with a `node_modules` in it. */
  readonly plugins: string
  /** The folder of the local tenant's state. */
  readonly local: string
  /** The folder of locks, and of journals of what takes several steps. */
  readonly journals: string
}

/**
 * Absolute paths, for they are written into profiles and read from another working folder.
 *
 * https://specifications.freedesktop.org/basedir-spec: a relative path in the XDG variables is to be ignored.
 */
export function homeOf(env: Readonly<Record<string, string | undefined>>): Home {
  if (env.TODO_CLI_HOME) {
    const root = resolve(env.TODO_CLI_HOME)
    return {
      profiles: join(root, 'profiles.json'),
      tokens: join(root, 'tokens'),
      plugins: join(root, 'plugins'),
      local: join(root, 'local'),
      journals: join(root, 'journals'),
    }
  }
  const user = env.HOME || env.USERPROFILE || homedir()
  const base = (variable: string, fallback: string) => {
    const value = env[variable]
    return join(value?.startsWith('/') ? value : join(user, fallback), 'todo-cli')
  }
  return {
    profiles: join(base('XDG_CONFIG_HOME', '.config'), 'profiles.json'),
    tokens: join(base('XDG_CACHE_HOME', '.cache'), 'tokens'),
    plugins: join(base('XDG_DATA_HOME', '.local/share'), 'plugins'),
    local: join(base('XDG_STATE_HOME', '.local/state'), 'local'),
    journals: join(base('XDG_STATE_HOME', '.local/state'), 'journals'),
  }
}
