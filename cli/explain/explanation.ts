/** What an error code means, and what to do. */
export interface Explanation {
  /** The cause, in a sentence. */
  readonly means: string
  /** The next command to type. What only the user knows is in capitals: NAME, CLIENT_ID. */
  readonly hint: string
}

/** Explanations by code, for a table. */
export type Explanations = Readonly<Record<string, Explanation>>

/** Puts in what is known for the words in capitals. A name inside another (API_CLIENT_ID) is another word. */
export function filled(hint: string, known: Readonly<Record<string, string | undefined>>): string {
  return hint.replace(/(?<![\w.$])[A-Z][A-Z_]*[A-Z](?![\w=])/g, (word) => known[word] ?? word)
}

/** The own entry of a code, whatever `Object.prototype` has under that name; letter case aside. */
export function entryOf(table: Explanations, code: string): Explanation | undefined {
  if (Object.hasOwn(table, code)) return table[code]
  const name = Object.keys(table).find((each) => each.toLowerCase() === code.toLowerCase())
  return name === undefined ? undefined : table[name]
}
