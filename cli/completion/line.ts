/** Reads a command line that is still being typed, along the commander tree. */
import type { Command, Option } from 'commander'
import { DECLARE } from '../command.ts'

/** Where the cursor stands. */
export interface Place {
  readonly command: Command
  /** The option whose value is being typed. */
  readonly option?: Option
  /** `--auth=` where the value is in the same word. */
  readonly prefix: string
  /** What is typed of the word or of the value. */
  readonly typed: string
  /** The arguments before. */
  readonly args: readonly string[]
  /** The options before, by the names of their attributes. */
  readonly flags: Readonly<Record<string, string | boolean>>
  /** Behind `--`, where nothing is an option. */
  readonly onlyArguments: boolean
}

/** `words` are those behind the program's name, the last one being typed. */
export async function placeOf(root: Command, words: readonly string[]): Promise<Place> {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const flags: Record<string, string | boolean> = {}
  const args: string[] = []
  let command = root
  let open: Option | undefined
  let onlyArguments = false
  for (const word of before) {
    if (open) {
      flags[open.attributeName()] = word
      open = undefined
    } else if (word === '--' && !onlyArguments) {
      onlyArguments = true
    } else if (word.startsWith('-') && !onlyArguments) {
      const [name = '', ...value] = word.split('=')
      const option = optionsOf(command).find((each) => isNamed(each, name))
      if (option && takesValue(option) && value.length === 0) open = option
      else if (option) flags[option.attributeName()] = value.length > 0 ? value.join('=') : !option.negate
    } else {
      const sub = command.commands.find((each) => each.name() === word)
      if (sub && args.length === 0) {
        command = sub
        await DECLARE.get(command)?.()
      } else args.push(word)
    }
  }
  const place = { command, args, flags, onlyArguments }
  if (open) return { ...place, option: open, prefix: '', typed: last }
  const equals = last.indexOf('=')
  const named = optionsOf(command).find((each) => equals > 0 && isNamed(each, last.slice(0, equals)))
  if (named && !onlyArguments && takesValue(named)) {
    return { ...place, option: named, prefix: last.slice(0, equals + 1), typed: last.slice(equals + 1) }
  }
  return { ...place, prefix: '', typed: last }
}

/** The options of a command and of those above it. */
export function optionsOf(command: Command): Option[] {
  const found: Option[] = []
  for (let at: Command | null = command; at; at = at.parent) found.push(...at.options)
  return found
}

export const takesValue = (option: Option) => option.required || option.optional

const isNamed = ({ long, short }: Option, name: string) => name === long || name === short
