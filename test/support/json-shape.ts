/** The shapes of docs/output.md: `{id: text, done: boolean, tags?: [text]}`, `"a" or null`, and names for them. */

/** Says what is wrong with a value; undefined where nothing is. `path` is where in the value that is. */
export type Shape = (value: unknown, path: string) => string | undefined

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const HASH = /^([0-9A-F]{40}|[0-9A-F]{64}|[\w-]{27}|[\w-]{43})$/
const isText = (value: unknown): value is string => typeof value === 'string'
const is =
  (what: string, test: (value: unknown) => boolean): Shape =>
  (value, path) =>
    test(value) ? undefined : `${path} is no ${what}: ${JSON.stringify(value)}`

const WORDS: Readonly<Record<string, Shape>> = {
  text: is('text', isText),
  number: is('number', (value) => typeof value === 'number' && Number.isFinite(value)),
  boolean: is('boolean', (value) => typeof value === 'boolean'),
  null: is('null', (value) => value === null),
  object: is('object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  date: is('date', (value) => isText(value) && ISO.test(value) && !Number.isNaN(Date.parse(value))),
  id: is('id', (value) => isText(value) && GUID.test(value)),
  hash: is('hash', (value) => isText(value) && HASH.test(value)),
}

/** @throws Error where the page does not say it so that it can be read */
export function parseShape(text: string, named: Readonly<Record<string, string>> = {}): Shape {
  const tokens = text.match(/"[^"]*"|[[\]{}:,?]|[\w#-]+/g) ?? []
  const take = (expected?: string) => {
    const token = tokens.shift()
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`${expected ?? 'a shape'} is missing in ${text}`)
    return token
  }
  const either = (): Shape => {
    const shapes = [one()]
    while (tokens[0] === 'or') {
      take()
      shapes.push(one())
    }
    return (value, path) => {
      const wrong = shapes.map((shape) => shape(value, path))
      return wrong.includes(undefined) ? undefined : wrong.join('; ')
    }
  }
  const one = (): Shape => {
    const token = take()
    if (token === '[') return list()
    if (token === '{') return record()
    if (token.startsWith('"')) return is(token, (value) => JSON.stringify(value) === token)
    const [word, name] = [WORDS[token], named[token]]
    if (word) return word
    if (name === undefined) throw new Error(`${token} is not explained`)
    return parseShape(name, named)
  }
  const list = (): Shape => {
    if (tokens[0] === ']') {
      take()
      return is('empty list', (value) => Array.isArray(value) && value.length === 0)
    }
    const each = either()
    take(']')
    return (value, path) => {
      if (!Array.isArray(value) || value.length === 0) return `${path} is no list with something in it`
      return value.map((item, at) => each(item, `${path}[${at}]`)).find((wrong) => wrong !== undefined)
    }
  }
  const record = (): Shape => {
    const fields = new Map<string, { shape: Shape; optional: boolean }>()
    do {
      const name = take()
      const optional = tokens[0] === '?'
      if (optional) take()
      take(':')
      fields.set(name, { shape: either(), optional })
    } while (take() === ',')
    return (value, path) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${path} is no object`
      const given = new Map<string, unknown>(Object.entries(value))
      const unknown = [...given.keys()].find((name) => !fields.has(name))
      if (unknown !== undefined) return `${path}.${unknown} is not in the page`
      for (const [name, { shape, optional }] of fields) {
        if (!given.has(name) && optional) continue
        const wrong = shape(given.get(name), `${path}.${name}`)
        if (wrong !== undefined) return wrong
      }
      return undefined
    }
  }
  const shape = either()
  if (tokens.length > 0) throw new Error(`${tokens.join(' ')} is too much in ${text}`)
  return shape
}
