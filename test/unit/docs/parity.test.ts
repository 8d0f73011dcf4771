import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const parity = read('docs/parity.md')

const rows = parity
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Behaviour'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))

describe('docs/parity.md', () => {
  test('has rows', () => {
    expect(rows.length).toBeGreaterThan(80)
  })

  test.each(rows.map(([behaviour, mark, shown]) => ({ behaviour, mark, shown })))(
    '$behaviour: $mark, and a test that exists',
    ({ mark, shown = '' }) => {
      expect(['captured', 'documented', 'assumed']).toContain(mark)
      const [, file = '', title = ''] = /^`(test\/[\w./-]+\.test\.ts)`: (.+)$/.exec(shown) ?? []
      expect(file).not.toBe('')
      const source = read(file)
      expect(['test(', 'test.each'].some((word) => source.includes(word))).toBe(true)
      expect(source).toContain(`'${title}'`)
    },
  )

  test('has a row for every AADSTS number that the issuer gives', () => {
    const sources = globSync('tenant/issuer/*.ts', { cwd: ROOT }).map(read)
    const codes = sources.flatMap((source) =>
      [...source.matchAll(/(?:EntraError\(\s*\d{3},\s*'\w+',\s*|unmatched\()(\d{5,7})\b/g)].map(
        ([, code]) => code,
      ),
    )
    expect(new Set(codes).size).toBeGreaterThan(30)
    const missing = [...new Set(codes)].filter((code) => !parity.includes(`AADSTS${code} `))
    expect(missing).toEqual([])
  })
})
