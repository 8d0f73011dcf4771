/** The licences of what is bundled. Most ask that their text travels along. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Package {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * The text for dist/THIRD-PARTY-LICENSES.txt: each package that a bundled file belongs to, with its version, licence and
 * licence text.
 *
 * @param inputs the paths of bundled files, relative to `root`
 */
export async function thirdPartyLicences(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set(inputs.flatMap((input) => packageFolder(input) ?? []))
  const entries = await Promise.all([...folders].sort().map((folder) => licenceOf(join(root, folder))))
  return `todo-cli contains the following third-party packages.\n\n${[...new Set(entries)].join('\n')}`
}

/** `node_modules/@azure/identity` out of `node_modules/@azure/identity/dist/index.js`; the innermost where they nest. */
function packageFolder(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
}

async function licenceOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as Package
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const heading = `${name} ${version} (${license ?? 'see below'})`
  return `${heading}\n${'-'.repeat(heading.length)}\n${texts.map((text) => text.trim()).join('\n\n') || 'No licence text is in the package.'}\n`
}
