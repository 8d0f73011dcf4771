/** `api/auth` can be taken along: what it needs is what its README says. */
import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const FOLDER = join(import.meta.dirname, '../../../../api/auth')

test('it imports itself, Node, express, the verifier, and two files of core that import nothing else', async () => {
  const files = (await readdir(FOLDER))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(FOLDER, name))
  const core = ['permissions', 'loopback'].map((name) => join(FOLDER, `../../core/${name}.ts`))
  const imports = new Set<string>()
  for (const file of [...files, ...core]) {
    for (const [, from] of (await readFile(file, 'utf8')).matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g))
      imports.add(from ?? '')
  }
  const others = [...imports].filter(
    (from) => !/^\.\/[\w-]+\.ts$/.test(from) && !builtinModules.includes(from.replace('node:', '')),
  )
  expect(others.sort()).toEqual([
    '../../core/loopback.ts',
    '../../core/permissions.ts',
    'express',
    'express-oauth2-jwt-bearer',
  ])
})
