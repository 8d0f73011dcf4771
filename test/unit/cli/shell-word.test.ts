import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { shellWord } from '../../../cli/shell-word.ts'

describe('a word for a shell', () => {
  it.each([
    'certs/daemon.pem',
    '../a_b-c.pem',
    'https://v.vault.azure.net/certificates/a/1',
    'vault:a',
    '~/x',
    'a=b',
  ])('%s needs no quotes', (word) => {
    expect(shellWord(word)).toBe(word)
  })

  const others = [
    '',
    'a b',
    "it's",
    '"',
    '$HOME',
    '`id`',
    'a;b',
    'a|b',
    '*',
    '#',
    'a\nb',
    '\\',
    '!',
    '(x)',
    '<y>',
    'ü',
  ]
  it.each(others)('%j is quoted', (word) => {
    expect(shellWord(word)).toMatch(/^'/)
  })

  it.skipIf(process.platform === 'win32')('comes out of a shell as it went in', () => {
    const script = `printf '%s\\0' ${others.map(shellWord).join(' ')}`
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(
      others.map((word) => `${word}\0`).join(''),
    )
  })
})
