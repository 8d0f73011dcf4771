import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Journal, journalsIn } from '../../../../cli/rotation/journal.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, rsaKeys } from '../../../support/certificates.ts'

const CLIENT = '11111111-2222-4333-8444-555555555555'
let folder = ''
let journal: Journal

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'))
  const old = certificateFor(await rsaKeys())
  journal = { step: 'making', id: 'an-id', clientId: CLIENT, certificate: '/certs/daemon.pem', old }
})
afterAll(() => rm(folder, { recursive: true }))

const file = () => join(folder, 'state', `rotation-${CLIENT}.json`)
const journals = () => journalsIn(join(folder, 'state'))

describe('the journal of a rotation', () => {
  it('is not there before the first', async () => expect(await journals().read(CLIENT)).toBeUndefined())

  it('comes back as it was written, 0600, whatever the letter case of the client id', async () => {
    await journals().write(journal)
    expect(await journals().read(CLIENT.toUpperCase())).toEqual(journal)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('holds no private key', async () => {
    await journals().write({ ...journal, step: 'made', next: journal.old })
    expect(await readFile(file(), 'utf8')).not.toContain('PRIVATE KEY')
  })

  it('is gone after its removal, which may be asked for twice', async () => {
    await journals().write(journal)
    await journals().remove(CLIENT)
    await journals().remove(CLIENT)
    expect(await journals().read(CLIENT)).toBeUndefined()
  })

  it.each<[string, (good: Journal) => unknown]>([
    ['a step that there is not', (good) => ({ ...good, step: 'flying' })],
    ['no step', ({ step: _, ...rest }) => rest],
    ['no id', ({ id: _, ...rest }) => rest],
    ['an id that is no text', (good) => ({ ...good, id: 7 })],
    ['no old certificate', ({ old: _, ...rest }) => rest],
    ['an old certificate that is none', (good) => ({ ...good, old: 'x' })],
    ['a new certificate that is none', (good) => ({ ...good, next: 'x' })],
    ['a version that is no text', (good) => ({ ...good, nextVersion: {} })],
    ['the client id of another app', (good) => ({ ...good, clientId: 'another' })],
    ['a list', (good) => [good]],
    ['null', () => null],
  ])('with %s is damaged, and says what to do', async (_, change) => {
    await journals().write(journal)
    await writeFile(file(), JSON.stringify(change(journal)))
    const error = await appError('file-unreadable', () => journals().read(CLIENT))
    expect(error.hint).toContain('todo-cli app credential list')
  })

  it('that is a folder is damaged', async () => {
    const other = '99999999-2222-4333-8444-555555555555'
    await mkdir(join(folder, 'state', `rotation-${other}.json`))
    await appError('file-unreadable', () => journals().read(other))
  })
})
