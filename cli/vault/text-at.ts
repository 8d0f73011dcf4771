/** The text at a path of a value of unknown shape: a parsed JSON answer, a library's state. */
export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? Object.getOwnPropertyDescriptor(inner, key)?.value
        : undefined,
    value,
  )
  return typeof found === 'string' ? found : undefined
}
