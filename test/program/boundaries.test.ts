import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, ROOT, runChild, type Sandbox } from '../support/child.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await createSandbox()
  const { vcs: _, ...config } = JSON.parse(await readFile(join(ROOT, 'biome.json'), 'utf8')) as Record<
    string,
    unknown
  >
  await writeFile(join(sandbox.folder, 'biome.json'), JSON.stringify(config))
})

afterAll(() => sandbox.remove())

/** What the linter, with the project's rules, says of a file. */
async function lint(path: string, source: string): Promise<{ exitCode: number | null; said: string }> {
  await mkdir(dirname(join(sandbox.folder, path)), { recursive: true })
  await writeFile(join(sandbox.folder, path), source)
  const biome = join(ROOT, 'node_modules/.bin/biome')
  const { exitCode, stdout, stderr } = await runChild(biome, ['lint', '--colors=off', path], sandbox)
  return { exitCode, said: stdout + stderr }
}

const importing = (from: string) => `import { x } from '${from}'\n\nexport const y = x\n`
const loading = (from: string) => `export const y = () => import('${from}')\n`

describe('the import boundaries', () => {
  it.each([
    ['core/thing.ts', '../cli/io.ts'],
    ['core/thing.ts', '../api/app.ts'],
    ['core/forge/thing.ts', '../../tenant/server.ts'],
    ['api/thing.ts', '../cli/io.ts'],
    ['api/auth/thing.ts', '../../tenant/server.ts'],
    ['tenant/thing.ts', '../api/server.ts'],
    ['tenant/vault/thing.ts', '../../cli/io.ts'],
    ['cli/thing.ts', '../tenant/server.ts'],
    ['cli/commands/todos/thing.ts', '../../../api/server.ts'],
  ])('refuse that %s imports %s, statically or dynamically', async (path, from) => {
    for (const source of [importing(from), loading(from)]) {
      const { exitCode, said } = await lint(path, source)
      expect(said).toContain('noRestrictedImports')
      expect(exitCode).not.toBe(0)
    }
  })

  it.each([
    ['core/thing.ts', './errors.ts'],
    ['api/thing.ts', '../core/errors.ts'],
    ['tenant/thing.ts', '../core/errors.ts'],
    ['cli/thing.ts', '../core/errors.ts'],
    ['cli/commands/local/thing.ts', '../../../tenant/server.ts'],
  ])('let %s import %s', async (path, from) => {
    expect((await lint(path, loading(from))).said).not.toContain('noRestrictedImports')
  })

  it('let node-forge in only where it is confined to', async () => {
    expect((await lint('core/thing.ts', importing('node-forge'))).said).toContain('noRestrictedImports')
    expect((await lint('core/forge/thing.ts', importing('node-forge'))).said).not.toContain(
      'noRestrictedImports',
    )
  })

  it('look for cycles, too', async () => {
    expect(await readFile(join(ROOT, 'biome.json'), 'utf8')).toContain('"noImportCycles": "error"')
  })
})
