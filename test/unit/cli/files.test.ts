import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { othersMayRead, readTextFile } from '../../../cli/files.ts'
import { readCertificateFile } from '../../../cli/read-certificate-file.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { appError } from '../../support/app-error.ts'
import { temporaryHome } from '../../support/cli.ts'

const { folder } = temporaryHome()

function file(name: string, data = '', mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  chmodSync(path, mode)
  return path
}

describe('a certificate file', () => {
  it('is read as it is', async () => {
    expect(await readCertificateFile(file('good', 'a\r\nb'))).toEqual(Buffer.from('a\r\nb'))
  })

  const bad: readonly (readonly [string, ErrorCode, () => string])[] = [
    ['is not there', 'certificate-missing', () => join(folder, 'none')],
    ['is below a file', 'certificate-missing', () => join(file('plain'), 'x')],
    ['is a folder', 'certificate-unreadable', () => folder],
    ['has a name that no file can have', 'certificate-unreadable', () => `${folder}/a\0b`],
    ['has a name that is too long', 'certificate-unreadable', () => join(folder, 'x'.repeat(300))],
  ]
  it.each(bad)('that %s: %s', async (_, code, path) => {
    await appError(code, () => readCertificateFile(path()))
  })

  it('that is larger than any is not read', async () => {
    const path = file('large')
    truncateSync(path, 1024 * 1024 + 1)
    await appError('certificate-too-large', () => readCertificateFile(path))
  })
})

describe('a text file', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret ', ' secret '],
    ['', ''],
  ])("%j is read as %j: one line break at the end is an editor's", async (data, text) => {
    expect(await readTextFile(file('text', data), 'it')).toBe(text)
  })

  it.each([
    ['is not there', () => join(folder, 'none')],
    ['is a folder', () => folder],
    ['can not be read', () => join(file('plain'), 'x')],
  ])('that %s is named, with what it should hold', async (why, path) => {
    const { message } = await appError('file-unreadable', () => readTextFile(path(), 'the secret'))
    expect(message).toBe(`the file that should hold the secret ${why}: ${path()}`)
  })
})

describe.skipIf(process.platform === 'win32')('others may read', () => {
  it.each([
    [0o600, false],
    [0o400, false],
    [0o700, false],
    [0o640, true],
    [0o604, true],
    [0o644, true],
  ])('a file of mode %o: %s', async (mode, may) => {
    expect(await othersMayRead(file('mode', '', mode))).toBe(may)
  })

  it('not a folder that is closed', async () => {
    mkdirSync(join(folder, 'closed'), { mode: 0o700 })
    expect(await othersMayRead(join(folder, 'closed'))).toBe(false)
  })
})
