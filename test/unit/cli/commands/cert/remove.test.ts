import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PASSPHRASE, withCertificates } from '../../../../support/certificate-folder.ts'
import { certificateFor } from '../../../../support/certificates.ts'
import { expectError } from '../../../../support/cli.ts'

const files = withCertificates()
const { cert, json } = files

function copies(stem: string): void {
  for (const ending of ['.pem', '.crt']) files.write(stem + ending, files.read(`good${ending}`))
}

describe('cert remove', () => {
  it('removes the file and those beside it with the same certificate', async () => {
    copies('a')
    expect(await json('remove ./a.pem --yes')).toEqual({
      removed: [files.path('a.pem'), files.path('a.crt')],
    })
    expect([files.exists('a.pem'), files.exists('a.crt'), files.exists('good.pem')]).toEqual([
      false,
      false,
      true,
    ])
  })

  it('leaves a file of the same name with another certificate', async () => {
    copies('b')
    files.write('b.crt', certificateFor(files.keys(), { cn: 'other' }))
    await cert('remove ./b.pem --yes')
    expect([files.exists('b.pem'), files.exists('b.crt')]).toEqual([false, true])
  })

  it('takes the locked ones along whose passphrase is given, and says which it leaves', async () => {
    for (const name of ['l', 'm']) {
      files.write(`${name}.pem`, files.read('locked.pem'))
      files.write(`${name}.pfx`, readFileSync(files.path('locked.pfx')))
    }
    await cert('remove ./l.pem --yes', { env: { CERT_PASSPHRASE: PASSPHRASE } })
    expect([files.exists('l.pem'), files.exists('l.pfx')]).toEqual([false, false])
    const { stderr } = await cert('remove ./m.pem --yes')
    expect([files.exists('m.pem'), files.exists('m.pfx')]).toEqual([false, true])
    expect(stderr).toContain(`left, as nothing here opens it: ${files.path('m.pfx')}`)
  })

  it('removes a locked file alone without its passphrase', async () => {
    files.write('n.pfx', readFileSync(files.path('locked.pfx')))
    files.write('n.crt', files.read('good.crt'))
    expect(await json('remove ./n.pfx --yes')).toEqual({ removed: [files.path('n.pfx')] })
    expect(files.exists('n.crt')).toBe(true)
  })

  it('asks first, and where nobody can answer it removes nothing', async () => {
    copies('c')
    expectError(await cert('remove ./c.pem'), 2, /remove .*c\.pem.*--yes/s)
    expect(files.exists('c.pem')).toBe(true)
  })

  it.each([
    ['y', 0, false],
    ['n', 130, true],
    ['', 130, true],
  ])('at a terminal, %s ends with %i', async (answer, exitCode, stays) => {
    copies('d')
    const result = await cert('remove ./d.pem', { tty: true, stdin: `${answer}\n` })
    expect([result.exitCode, files.exists('d.pem')]).toEqual([exitCode, stays])
  })

  it('at a terminal whose input ends, nothing is removed', async () => {
    copies('e')
    const result = await cert('remove ./e.pem', { tty: true })
    expect([result.exitCode, files.exists('e.pem')]).toEqual([130, true])
  })

  it.each([
    ['remove', 'missing required argument'],
    ['remove ./nothing.pem --yes', 'there is no file'],
    ['remove . --yes', 'is a folder'],
    ['remove vault:daemon --yes', 'keyVaultUrl is not set'],
  ])('%s is an error in one line', async (line, message) => {
    expectError(await cert(line), 2, message)
  })

  it('does not remove a file that is no certificate', async () => {
    files.write('diary.pem', 'Dear diary')
    expectError(await cert('remove ./diary.pem --yes'), 2, 'neither')
    expect(files.exists('diary.pem')).toBe(true)
  })
})
