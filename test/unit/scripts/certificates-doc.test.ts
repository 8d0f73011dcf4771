import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CERTIFICATES_DOC, certificatesDoc, formsRead } from '../../../scripts/certificates-doc.ts'
import { CERTIFICATE_FORMS, FORMS, TOOLS } from '../../support/certificate-forms.ts'
import { has } from '../../support/tools.ts'

it('docs/certificates.md shows what the loader reads: node scripts/certificates-doc.ts', async () => {
  const read = await formsRead()
  const here = { openssl: has('openssl'), keytool: has('openssl') && has('keytool') }
  // Where a tool is not there, its column is believed.
  const wasRead = (form: (typeof CERTIFICATE_FORMS)[number]) =>
    read.has(form) || (form.needs !== undefined && !here[form.needs])
  expect(readFileSync(CERTIFICATES_DOC, 'utf8')).toBe(certificatesDoc(wasRead))
})

it('every form and every tool has a place in the table', () => {
  for (const form of FORMS) expect(CERTIFICATE_FORMS.some((each) => each.form === form)).toBe(true)
  for (const tool of TOOLS) expect(CERTIFICATE_FORMS.some((each) => each.tool === tool)).toBe(true)
})

it('a form that is not read shows as a cross', () => {
  expect(certificatesDoc(() => false)).toContain('✗')
  expect(certificatesDoc(() => true)).not.toContain('✗')
})
