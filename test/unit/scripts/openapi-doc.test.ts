import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { OPENAPI_DOC, openApiDoc } from '../../../scripts/openapi-doc.ts'

test('docs/openapi.json is what the API serves: node scripts/openapi-doc.ts', async () => {
  expect(JSON.parse(await readFile(OPENAPI_DOC, 'utf8'))).toEqual(JSON.parse(openApiDoc()))
})
