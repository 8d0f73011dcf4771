import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const parity = read('docs/parity.md')

interface Row {
  readonly behaviour: string
  readonly mark: string
  readonly shown: string
}

function rowsOf(page: string): Row[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Behaviour'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
    .map(([behaviour = '', mark = '', shown = '']) => ({ behaviour, mark, shown }))
}

/** What is wrong with a row, in a word; undefined where nothing is. */
function problemOf({ mark, shown }: Row): string | undefined {
  if (!['captured', 'documented', 'assumed'].includes(mark)) return 'no mark'
  const [, file, title] = /^`(test\/[\w./-]+\.test\.ts)`: (.+)$/.exec(shown) ?? []
  if (file === undefined || title === undefined) return 'no test'
  if (!existsSync(join(ROOT, file))) return 'no such file'
  return isTestIn(read(file), title) ? undefined : 'no such test'
}

/** The title of a test that runs: of `test(`, or behind the table of a `test.each`; not of one that is skipped. */
function isTestIn(source: string, title: string): boolean {
  const quoted = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const lead = String.raw`(?:^|[^\w.])test(?:\.skipIf\([^)]*\))?\(\s*|\]\)\(\s*|\)\)\(\s*|\w\)\(\s*|,\n\s*\)\(\s*`
  return new RegExp(`(?:${lead})['\`]${quoted}['\`],`, 'm').test(source)
}

const rows = rowsOf(parity)
const EXISTING = { behaviour: 'x', mark: 'captured' }
const ORDER = '`test/unit/tenant/issuer/order.test.ts`'

describe('docs/parity.md', () => {
  test('has rows, and no behaviour twice', () => {
    expect(rows.length).toBeGreaterThan(120)
    const names = rows.map(({ behaviour }) => behaviour)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test.each(rows)('$behaviour: $mark, and a test that exists', (row) => {
    expect(problemOf(row)).toBeUndefined()
  })

  test.each<[string, Row, string]>([
    ['without a mark', { ...EXISTING, mark: '', shown: `${ORDER}: x` }, 'no mark'],
    ['with another mark', { ...EXISTING, mark: 'probably', shown: `${ORDER}: x` }, 'no mark'],
    ['without a test', { ...EXISTING, shown: '' }, 'no test'],
    ['with a file alone', { ...EXISTING, shown: ORDER }, 'no test'],
    ['with a file that is gone', { ...EXISTING, shown: '`test/unit/gone.test.ts`: x' }, 'no such file'],
    ['with a test that is gone', { ...EXISTING, shown: `${ORDER}: no such title` }, 'no such test'],
    ['with the name of a describe', { ...EXISTING, shown: `${ORDER}: error_uri` }, 'no such test'],
    ['with words out of a comment', { ...EXISTING, shown: `${ORDER}: The order of` }, 'no such test'],
  ])('a row %s is found out', (_, row, problem) => {
    expect(problemOf(row)).toBe(problem)
  })

  test.each([
    ["test('a title', () => {", true],
    ["test.each([1])('a title', () => {", true],
    ["test.each<[string]>([\n  ['x'],\n])(\n  'a title',\n  () => {", true],
    ["test.skipIf(!isThere)('a title', () => {", true],
    ["test.skip('a title', () => {", false],
    ["test.todo('a title')", false],
    ["describe('a title', () => {", false],
    ["// test: 'a title',", false],
    ["expect(x).toBe('a title')", false],
  ])('%j names a test that runs: %s', (source, expected) => {
    expect(isTestIn(source, 'a title')).toBe(expected)
  })
})

describe('every code that the tenant gives has a row:', () => {
  const sourcesOf = (pattern: string) => globSync(pattern, { cwd: ROOT }).map(read)
  const found = (pattern: string, code: RegExp) => [
    ...new Set(
      sourcesOf(pattern).flatMap((source) => [...source.matchAll(code)].map(([, name = '']) => name)),
    ),
  ]

  test('AADSTS numbers of the issuer', () => {
    const codes = found('tenant/issuer/*.ts', /(?:EntraError\(\s*\d{3},\s*'\w+',\s*|unmatched\()(\d{5,7})\b/g)
    expect(codes.length).toBeGreaterThan(30)
    expect(codes.filter((code) => !parity.includes(`AADSTS${code} `))).toEqual([])
  })

  test('AKV numbers and inner codes of the vault', () => {
    const codes = [
      ...found('tenant/vault/*.ts', /(AKV\d+)/g),
      ...found('tenant/vault/*.ts', /'(\w+)',?\s*\)/g).filter((name) =>
        /^(Key|Secret|Object|Forbidden)[A-Z]/.test(name),
      ),
    ]
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !parity.includes(code))).toEqual([])
  })

  test('codes of Graph', () => {
    const codes = found('tenant/graph/*.ts', /GraphError\(\s*\d{3},\s*'(\w+)'/g)
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !parity.includes(code))).toEqual([])
  })
})
