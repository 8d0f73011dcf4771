import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCaFile } from '../../../cli/ca-file.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../support/certificates.ts'
import { temporaryHome } from '../../support/cli.ts'

const { folder } = temporaryHome()
let one: string
let other: string
let key: string
beforeAll(async () => {
  const keys = await rsaKeys()
  one = certificateFor(keys, { cn: 'one' })
  other = certificateFor(keys, { cn: 'other' })
  key = pkcs8(keys.privateKey)
})

let count = 0
function file(data: string | Buffer): string {
  count += 1
  const path = join(folder, `ca ${count}.pem`)
  writeFileSync(path, data)
  return path
}

/** The names in what is used of the file. */
const namesOf = async (data: string | Buffer) =>
  (await readCaFile(file(data)))
    .split(/(?=-----BEGIN)/)
    .map((pem) => new X509Certificate(pem).subject.replace('CN=', ''))

const body = (pem: string) => pem.split('\n').slice(1, -2).join('\n')
const JUNK = '-----BEGIN CERTIFICATE-----\naGVsbG8gd29ybGQ=\n-----END CERTIFICATE-----\n'

describe('a file of CAs', () => {
  it.each<[string, () => string | Buffer, string[]]>([
    ['one certificate', () => one, ['one']],
    ['several', () => one + other, ['one', 'other']],
    ['Windows line ends', () => (one + other).replaceAll('\n', '\r\n'), ['one', 'other']],
    ['a byte order mark', () => `\uFEFF${one}`, ['one']],
    ['no line break at its end', () => one.trimEnd(), ['one']],
    ['text around', () => `# one\n${one}\nOther: -\n${other}end\n`, ['one', 'other']],
    ['a private key in between, which is left out', () => one + key + other, ['one', 'other']],
  ])('is read with %s', async (_, data, names) => {
    expect(await namesOf(data())).toEqual(names)
  })

  it('is read where it is as long as that of a system', async () => {
    const all = getCACertificates('bundled')
    expect(all.length).toBeGreaterThan(100)
    expect((await readCaFile(file(all.join('\n')))).match(/BEGIN/g)).toHaveLength(all.length)
  })

  it.each<[string, () => string]>([
    ['nothing', () => ''],
    ['no PEM', () => 'hello'],
    ['a private key alone', () => key],
    ['another kind of block', () => one.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')],
  ])('is no such file with %s', async (_, data) => {
    const { message } = await appError('setting-invalid', () => readCaFile(file(data())))
    expect(message).toContain('not a PEM file of CA certificates')
  })

  it.each<[string, () => string, RegExp]>([
    ['junk between the lines', () => JUNK, /number 1 is damaged/],
    ['junk after a good one', () => one + JUNK, /number 2 is damaged/],
    ['nothing between the lines', () => one.replace(body(one), ''), /number 1 is damaged/],
    ['a part of one', () => one.replace(body(one), body(one).slice(0, 400)), /number 1 is damaged/],
    ['words between the lines', () => one.replace(body(one), 'not base64!'), /number 1 is damaged/],
    ['one that is cut off', () => one + other.slice(0, 500), /last one has no end/],
    ['one whose end is missing before another', () => one.slice(0, 500) + other, /has no end/],
    [
      'a key that calls itself one',
      () => key.replaceAll('PRIVATE KEY', 'CERTIFICATE'),
      /number 1 is damaged/,
    ],
  ])('is refused with %s', async (_, data, which) => {
    const { message, hint } = await appError('setting-invalid', () => readCaFile(file(data())))
    expect(message).toMatch(which)
    expect(hint).toContain('--ca-file')
  })

  it.each<[string, () => string]>([
    ['junk', () => JUNK],
    ['a part', () => one.replace(body(one), body(one).slice(0, 400))],
    ['words', () => one.replace(body(one), 'not base64!')],
  ])('is refused with %s far down a long one', async (_, damaged) => {
    const long = `${one.repeat(40)}${damaged()}${one}`
    const { message } = await appError('setting-invalid', () => readCaFile(file(long)))
    expect(message).toMatch(/number 41 is damaged/)
  })

  it('says nothing of what is in it', async () => {
    const path = file('hunter2')
    const { message, hint } = await appError('setting-invalid', () => readCaFile(path))
    expect(`${message}${hint}`).not.toContain(readFileSync(path, 'utf8'))
  })

  it('is told as what it is where it is not there, or a folder', async () => {
    await appError('file-unreadable', () => readCaFile(join(folder, 'none.pem')))
    await appError('file-unreadable', () => readCaFile(folder))
  })
})
