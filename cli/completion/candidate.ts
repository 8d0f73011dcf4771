/** One way to go on with a command line. */
export interface Candidate {
  /** The whole word. */
  readonly value: string
  readonly description?: string
  /** There is more to type in the same word: no blank follows. */
  readonly open?: boolean
}
