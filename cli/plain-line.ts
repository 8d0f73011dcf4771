/**
 * Command lines of plain words, such as scripts run in a loop: a command, its arguments, and no flag that takes a value. They
 * start without commander, whose loading and declaring is half of what `cert thumbprint` takes. Every other line, and every
 * complaint about one, is commander's.
 */
import type { LoadAction } from './command.ts'
import type { Flags } from './context.ts'

interface PlainCommand {
  /** How many arguments the command takes. */
  readonly least: number
  readonly most: number
  readonly load: LoadAction
}

/** By noun and verb. Each is declared for commander too, in its noun.ts: a test compares them. */
export const PLAIN_COMMANDS: Readonly<Record<string, PlainCommand>> = {
  'cert thumbprint': {
    least: 0,
    most: 1,
    load: () => import('./commands/cert/thumbprint.ts').then((m) => m.thumbprint),
  },
  'cert show': {
    least: 0,
    most: 1,
    load: () => import('./commands/cert/show.ts').then((m) => m.show),
  },
  'todos list': {
    least: 0,
    most: 0,
    load: () => import('./commands/todos/list.ts').then((m) => m.list),
  },
  'token get': {
    least: 0,
    most: 0,
    load: () => import('./commands/token/get.ts').then((m) => m.get),
  },
}

/** Flags that every command has and that stand alone, with what commander makes of them. */
const SWITCHES: Readonly<Record<string, Flags>> = {
  '--json': { json: true },
  '--quiet': { quiet: true },
  '--verbose': { verbose: true },
  '--no-color': { color: false },
  '--no-cache': { cache: false },
}

export interface PlainLine {
  readonly load: LoadAction
  readonly args: readonly string[]
  readonly flags: Flags
}

/** Undefined for a line that is not plain. */
export function plainLine(argv: readonly string[]): PlainLine | undefined {
  const [noun, verb, ...rest] = argv
  const command = PLAIN_COMMANDS[`${noun} ${verb}`]
  const args = rest.filter((word) => !Object.hasOwn(SWITCHES, word))
  if (command === undefined || args.length < command.least || args.length > command.most) return undefined
  // `-` alone is standard input; an empty word is for the command to refuse.
  if (args.some((word) => word.startsWith('-') && word !== '-')) return undefined
  const flags = Object.assign(
    { color: true, cache: true },
    ...rest.filter((word) => !args.includes(word)).map((word) => SWITCHES[word]),
  )
  return { load: command.load, args, flags }
}
