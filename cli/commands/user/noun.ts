import type { Command } from 'commander'
import { COMMON_EXIT_CODES, declareVerb, type Launch, SERVICE_EXIT_CODES } from '../../command.ts'
import { SETTINGS } from '../../settings.ts'

const WHO = SETTINGS.filter(({ key }) => ['authority', 'tenantId', 'clientId', 'userClientId'].includes(key))

export function login(command: Command, launch: Launch): void {
  declareVerb(
    command,
    {
      summary: 'Sign a user in with a code that is entered on a web page, for --auth user',
      settings: [...WHO, ...SETTINGS.filter(({ key }) => key === 'scopes')],
      exitCodes: SERVICE_EXIT_CODES,
      examples: ['todo-cli login', 'todo-cli login && todo-cli todos list --auth user'],
      load: () => import('./login.ts').then((m) => m.login),
    },
    launch,
  )
}

export function whoami(command: Command, launch: Launch): void {
  declareVerb(
    command,
    {
      summary: 'Tell which user is signed in',
      settings: WHO,
      exitCodes: [...COMMON_EXIT_CODES, [4, 'nobody is signed in']],
      examples: ['todo-cli whoami', 'todo-cli whoami --json'],
      load: () => import('./whoami.ts').then((m) => m.whoami),
    },
    launch,
  )
}

export function logout(command: Command, launch: Launch): void {
  declareVerb(
    command,
    {
      summary: 'Forget the user that is signed in, and every cached token',
      settings: WHO,
      exitCodes: COMMON_EXIT_CODES,
      examples: ['todo-cli logout'],
      load: () => import('./logout.ts').then((m) => m.logout),
    },
    launch,
  )
}
