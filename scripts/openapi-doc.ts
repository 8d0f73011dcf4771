/** Writes docs/openapi.json as the API serves it, for a tenant and an API that stand for any. Then `npx biome format --write docs`; a test keeps it current. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openApiDocument } from '../api/openapi.ts'
import { READ, WRITE } from '../core/permissions.ts'

export const OPENAPI_DOC = join(import.meta.dirname, '..', 'docs', 'openapi.json')

const ANY = '00000000-0000-0000-0000-000000000000'

export function openApiDoc(): string {
  const document = openApiDocument({
    authority: `https://login.microsoftonline.com/${ANY}`,
    clientId: ANY,
    permissions: { read: READ, write: WRITE },
  })
  return `${JSON.stringify(document, undefined, 2)}\n`
}

if (import.meta.main) await writeFile(OPENAPI_DOC, openApiDoc())
