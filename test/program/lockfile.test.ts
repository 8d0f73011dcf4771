import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/child.ts'

interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

let packages: Readonly<Record<string, LockedPackage>>
let manifest: { readonly devDependencies: Readonly<Record<string, string>>; readonly dependencies?: object }

beforeAll(async () => {
  const read = async (name: string) => JSON.parse(await readFile(join(ROOT, name), 'utf8'))
  packages = (await read('package-lock.json')).packages
  manifest = await read('package.json')
})

describe('the lockfile', () => {
  it('has an entry for every platform, without which `npm ci` refuses it', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
  })

  it('names no registry, so that each user takes the own one', () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([])
  })

  it('pins every package exactly, and the program depends on none of them at run time', () => {
    for (const version of Object.values(manifest.devDependencies))
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
    expect(manifest.dependencies).toBeUndefined()
  })
})
