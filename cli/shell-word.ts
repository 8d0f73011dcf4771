/** A word as a POSIX shell takes it, for commands that are shown to be typed: quoted only where it has to be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
