/**
 * The few colours of the program. Each stays readable on a light and on a dark background, which yellow and cyan do not, and
 * none carries a meaning alone: the word beside it says the same.
 */
const SGR = { error: 31, warning: 35, strong: 1, faint: 2 } as const

export type Style = keyof typeof SGR

/** The text in that style, with SGR sequences (ECMA-48, 8.3.117); as it is where `on` is false. */
export function styled(text: string, style: Style, on: boolean): string {
  return on && text !== '' ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text
}
