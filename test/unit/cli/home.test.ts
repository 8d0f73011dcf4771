import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { homeOf } from '../../../cli/home.ts'

describe('where the program keeps what it keeps', () => {
  it('is all in TODO_CLI_HOME where that is set', () => {
    const home = homeOf({ TODO_CLI_HOME: '/h', HOME: '/u', XDG_CONFIG_HOME: '/c' })
    expect(home).toMatchObject({ profiles: '/h/profiles.json', tokens: '/h/tokens', local: '/h/local' })
    for (const path of Object.values(home)) expect(path).toMatch(/^\/h\//)
  })

  it('is named by absolute paths where TODO_CLI_HOME is relative, as profiles keep them', () => {
    const home = homeOf({ TODO_CLI_HOME: 'h' })
    for (const path of Object.values(home)) expect(path.startsWith(join(process.cwd(), 'h'))).toBe(true)
  })

  it('is in the XDG folders where it is not', () => {
    const home = homeOf({ XDG_CONFIG_HOME: '/c', XDG_CACHE_HOME: '/k', XDG_STATE_HOME: '/s', HOME: '/u' })
    expect(home).toMatchObject({
      profiles: '/c/todo-cli/profiles.json',
      tokens: '/k/todo-cli/tokens',
      local: '/s/todo-cli/local',
    })
  })

  it.each([
    {},
    { TODO_CLI_HOME: '' },
    { XDG_CONFIG_HOME: 'relative', XDG_CACHE_HOME: '', XDG_STATE_HOME: './x' },
  ])('is in their usual places with %o: a relative path is to be ignored', (env) => {
    expect(homeOf({ HOME: '/u', ...env })).toMatchObject({
      profiles: '/u/.config/todo-cli/profiles.json',
      tokens: '/u/.cache/todo-cli/tokens',
      local: '/u/.local/state/todo-cli/local',
    })
  })

  it('is below the home folder that the system knows where no variable names one', () => {
    expect(homeOf({}).profiles).toBe(join(homedir(), '.config/todo-cli/profiles.json'))
    expect(homeOf({ USERPROFILE: '/w' }).profiles).toBe('/w/.config/todo-cli/profiles.json')
  })
})
