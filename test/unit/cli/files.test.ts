import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { othersMayRead, readCertificateFile, readTextFile } from '../../../cli/files.ts'
import { CERTIFICATE_FILE_MAX } from '../../../core/certificate.ts'
import { appError } from '../../support/app-error.ts'
import { runTool } from '../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'files-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

describe('readCertificateFile', () => {
  it('reads up to 1 MB', async () => {
    writeFileSync(at('full'), Buffer.alloc(CERTIFICATE_FILE_MAX, 1))
    expect(await readCertificateFile(at('full'))).toHaveLength(CERTIFICATE_FILE_MAX)
  })

  it('reads an empty file as no bytes', async () => {
    writeFileSync(at('empty'), '')
    expect(await readCertificateFile(at('empty'))).toHaveLength(0)
  })

  it('refuses one byte more', async () => {
    writeFileSync(at('larger'), Buffer.alloc(CERTIFICATE_FILE_MAX + 1, 1))
    await appError('certificate-too-large', () => readCertificateFile(at('larger')))
  })

  it('does not read a file without end to its end', async () => {
    await appError('certificate-too-large', () => readCertificateFile('/dev/zero'))
  })

  it('reads a pipe, as <(command) of a shell is one', async () => {
    runTool('mkfifo', ['pipe'], folder)
    const [bytes] = await Promise.all([
      readCertificateFile(at('pipe')),
      import('node:fs/promises').then(({ writeFile }) => writeFile(at('pipe'), 'through a pipe')),
    ])
    expect(bytes.toString()).toBe('through a pipe')
  })

  it('refuses a folder, and what is not there', async () => {
    mkdirSync(at('folder'))
    symlinkSync(at('nowhere'), at('dangling'))
    const { message } = await appError('certificate-unreadable', () => readCertificateFile(at('folder')))
    expect(message).toContain('folder, not a file')
    for (const name of ['none', 'dangling', 'full/below'])
      await appError('certificate-missing', () => readCertificateFile(at(name)))
  })
})

describe('readTextFile', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret ', ' secret '],
    ['', ''],
  ])('reads %j as %j', async (data, text) => {
    writeFileSync(at('text'), data)
    expect(await readTextFile(at('text'), 'the secret')).toBe(text)
  })

  it('names what it was to hold where it is not there', async () => {
    const { message } = await appError('file-unreadable', () => readTextFile(at('none'), 'the client secret'))
    expect(message).toContain('the client secret')
    await appError('file-unreadable', () => readTextFile(folder, 'the client secret'))
  })
})

it.each([
  [0o600, false],
  [0o640, true],
  [0o604, true],
  [0o610, false],
])('a file with mode %o may be read by others: %s', async (mode, may) => {
  writeFileSync(at('mode'), '')
  chmodSync(at('mode'), mode)
  expect(await othersMayRead(at('mode'))).toBe(may)
})
