/** How a command line can go on: commands, options and values, all out of the commander tree that makes the help. */
import type { Command, Option } from 'commander'
import type { Candidate } from './candidate.ts'
import { optionsOf, type Place, placeOf } from './line.ts'

/** The values of an option or an argument, where somebody knows them. */
export type ValuesAt = (place: Place) => Promise<readonly Candidate[]>

export async function complete(
  root: Command,
  words: readonly string[],
  valuesAt: ValuesAt,
): Promise<readonly Candidate[]> {
  const place = await placeOf(root, words)
  const found = await candidatesAt(place, valuesAt)
  return found
    .map((each) => ({ ...each, value: `${place.prefix}${each.value}` }))
    .filter(({ value }) => value.startsWith(`${place.prefix}${place.typed}`))
}

async function candidatesAt(place: Place, valuesAt: ValuesAt): Promise<readonly Candidate[]> {
  const { command, option, typed, args, onlyArguments } = place
  if (option) return valuesAt(place)
  if (typed.startsWith('-') && !onlyArguments) return optionsLeft(place)
  const shown = command.createHelp().visibleCommands(command)
  if (shown.length > 0 && args.length === 0) {
    return shown.map((each) => ({ value: each.name(), description: each.description() }))
  }
  return valuesAt(place)
}

/** Options that were not given before; those that say what is already so by default are left out with them. */
function optionsLeft({ command, flags }: Place): Candidate[] {
  const given = (option: Option) => Object.hasOwn(flags, option.attributeName())
  const listed = optionsOf(command).filter((option) => !option.hidden && !given(option))
  return [
    ...listed.map(({ long, description }) => ({ value: long ?? '', description })),
    { value: '--help', description: 'Print help' },
  ].filter(
    ({ value }, index, all) => value !== '' && all.findIndex((other) => other.value === value) === index,
  )
}
