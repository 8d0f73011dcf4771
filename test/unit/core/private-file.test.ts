import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createFiles,
  ensureKeyDir,
  ensurePrivateDir,
  isExposed,
  removeFile,
  removeFolder,
  replaceFile,
} from '../../../core/private-file.ts'
import { appError } from '../../support/app-error.ts'
import { withUmask } from '../../support/umask.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'private-file-'))
})
afterEach(() => rm(home, { recursive: true }))

const at = (...names: string[]) => join(home, ...names)
const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8)
const read = (path: string) => readFile(path, 'utf8')

/** What a folder holds, hidden and temporary files included. */
const names = async (path = home) => (await readdir(path)).sort()

describe('a folder of this program', () => {
  it('is 0700, and so are the folders made on the way', async () => {
    await ensurePrivateDir(at('a', 'b'))
    expect([await modeOf(at('a')), await modeOf(at('a', 'b'))]).toEqual(['700', '700'])
  })

  it('is narrowed where it was wider', async () => {
    await mkdir(at('wide'), { mode: 0o755 })
    await ensurePrivateDir(at('wide'))
    expect(await modeOf(at('wide'))).toBe('700')
  })

  it('is refused without talk of --force where a file has its name', async () => {
    await writeFile(at('file'), '')
    const { message, hint } = await appError('output-unwritable', () => ensurePrivateDir(at('file')))
    expect(message).toContain('not a folder')
    expect(hint).not.toContain('--force')
  })

  it('is refused below a file', () =>
    writeFile(at('file'), '').then(() =>
      appError('output-unwritable', () => ensurePrivateDir(at('file', 'x'))),
    ))

  it('says which variable names another where it can not be made', async () => {
    await writeFile(at('file'), '')
    const { hint } = await appError('output-unwritable', () => ensurePrivateDir(at('file', 'x')))
    expect(hint).toContain('TODO_CLI_HOME')
  })

  // mkdir says there that the folder above, which is there, is not.
  it.skipIf(process.platform !== 'linux')('is refused where the system keeps no folders', () =>
    appError('output-unwritable', () => ensurePrivateDir('/proc/none/below')).then(({ message }) =>
      expect(message).toContain('its folder does not exist'),
    ),
  )

  it('is made once however many make it', async () => {
    await Promise.all(Array.from({ length: 20 }, () => ensurePrivateDir(at('a', 'b', 'c'))))
    expect(await modeOf(at('a', 'b', 'c'))).toBe('700')
  })
})

describe('removeFolder', () => {
  it('removes a folder with what is in it, and says nothing of one that is not there', async () => {
    await mkdir(at('a', 'b'), { recursive: true })
    await removeFolder(at('a'))
    await removeFolder(at('a'))
    expect(await names()).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('tells what can not be removed', () =>
    appError('output-unwritable', () => removeFolder('/proc/self/fd')),
  )
})

describe('a folder for keys', () => {
  it('is 0700 and ignored by git as a whole', async () => {
    await ensureKeyDir(at('certs'))
    expect(await modeOf(at('certs'))).toBe('700')
    expect(await read(at('certs', '.gitignore'))).toBe('*\n')
  })

  it('stays as it is where it exists', async () => {
    await mkdir(at('certs'), { mode: 0o750 })
    await ensureKeyDir(at('certs'))
    expect([await modeOf(at('certs')), await names(at('certs'))]).toEqual(['750', []])
  })

  it('is refused where a file has its name', async () => {
    await writeFile(at('certs'), '')
    await appError('output-unwritable', () => ensureKeyDir(at('certs')))
  })
})

describe.each([0o000, 0o022, 0o077, 0o777])('under umask %o', (umask) => {
  it('a file is 0600 and folders are 0700, whatever else the umask would give', async () => {
    const report = await withUmask(umask, home, [
      `await ensurePrivateDir(home + '/state')`,
      `await ensureKeyDir(home + '/certs')`,
      `await createFiles([{ path: home + '/new', data: 'x' }, { path: home + '/public', data: 'x', mode: 0o644 }])`,
      `await replaceFile({ path: home + '/replaced', data: 'x' })`,
    ])
    expect(report).toBe('')
    const modes = await Promise.all(
      ['state', 'certs', 'new', 'public', 'replaced'].map((name) => modeOf(at(name))),
    )
    expect(modes).toEqual(['700', '700', '600', '644', '600'])
  })
})

describe('replaceFile', () => {
  it('leaves a file that was wider at 0600', async () => {
    await writeFile(at('key'), 'old', { mode: 0o666 })
    await chmod(at('key'), 0o666)
    await replaceFile({ path: at('key'), data: 'new' })
    expect([await modeOf(at('key')), await read(at('key'))]).toEqual(['600', 'new'])
  })

  it('never writes through a link to the file that had another name', async () => {
    await writeFile(at('other'), 'old')
    await link(at('other'), at('key'))
    await replaceFile({ path: at('key'), data: 'new' })
    expect(await read(at('other'))).toBe('old')
  })

  it('replaces a symbolic link, not what it points to', async () => {
    await writeFile(at('other'), 'old')
    await symlink(at('other'), at('key'))
    await replaceFile({ path: at('key'), data: 'new' })
    expect([await read(at('other')), await read(at('key'))]).toEqual(['old', 'new'])
  })

  it.each(['missing/key', 'folder', 'file/key'])(
    'leaves nothing behind where it can not write %s',
    async (path) => {
      await mkdir(at('folder'))
      await writeFile(at('file'), 'old')
      await appError('output-unwritable', () => replaceFile({ path: at(path), data: 'secret' }))
      expect(await names()).toEqual(['file', 'folder'])
    },
  )
})

it('a file of which the content can not be written leaves nothing behind', async () => {
  await appError('output-unwritable', () => replaceFile({ path: at('key'), data: 7 as never }))
  expect(await names()).toEqual([])
})

describe('createFiles', () => {
  const pair = () => [
    { path: at('key'), data: 'new key' },
    { path: at('crt'), data: 'new crt', mode: 0o644 },
  ]

  it('creates all files with their modes and leaves no other', async () => {
    await createFiles(pair())
    expect([await modeOf(at('key')), await modeOf(at('crt'))]).toEqual(['600', '644'])
    expect(await names()).toEqual(['crt', 'key'])
  })

  it.each(['key', 'crt'])('creates none where %s exists, and says so', async (taken) => {
    await writeFile(at(taken), 'old')
    const { message, hint } = await appError('output-exists', () => createFiles(pair()))
    expect(message).toContain(at(taken))
    expect(hint).toContain('--force')
    expect([await names(), await read(at(taken))]).toEqual([[taken], 'old'])
  })

  it('creates none where a name is a link that leads nowhere', async () => {
    await symlink(at('nowhere'), at('crt'))
    await appError('output-exists', () => createFiles(pair()))
    expect(await names()).toEqual(['crt'])
  })

  it('creates none where one folder is missing', async () => {
    const [key] = pair()
    await appError('output-unwritable', () =>
      createFiles([key ?? never(), { path: at('no', 'crt'), data: '' }]),
    )
    expect(await names()).toEqual([])
  })

  it('with force replaces all, and narrows a key that was wider', async () => {
    await writeFile(at('key'), 'old key')
    await chmod(at('key'), 0o666)
    await createFiles(pair(), { force: true })
    expect([await read(at('key')), await modeOf(at('key')), await read(at('crt'))]).toEqual([
      'new key',
      '600',
      'new crt',
    ])
    expect(await names()).toEqual(['crt', 'key'])
  })

  it('with force brings the old key back where the certificate can not be written', async () => {
    await writeFile(at('key'), 'old key', { mode: 0o600 })
    await mkdir(at('crt'))
    await appError('output-unwritable', () => createFiles(pair(), { force: true }))
    expect([await read(at('key')), await modeOf(at('key')), await names()]).toEqual([
      'old key',
      '600',
      ['crt', 'key'],
    ])
  })

  it('with force brings all back where the last file fails when the others are in place already', async () => {
    for (const name of ['key', 'pfx']) await writeFile(at(name), `old ${name}`, { mode: 0o600 })
    // No folder of that name is there, which shows only when the file is to get its name.
    const files = [
      ...pair().slice(0, 1),
      { path: at('pfx'), data: 'new pfx' },
      { path: `${at('crt')}/`, data: '' },
    ]
    await appError('output-unwritable', () => createFiles(files, { force: true }))
    expect(await names()).toEqual(['key', 'pfx'])
    expect([await read(at('key')), await read(at('pfx'))]).toEqual(['old key', 'old pfx'])
  })

  it('with force takes back what it made new where a later file fails', async () => {
    await mkdir(at('crt'))
    await appError('output-unwritable', () => createFiles(pair(), { force: true }))
    expect(await names()).toEqual(['crt'])
  })

  it('lets one of two writers at the same time win, whole', async () => {
    const writers = ['a', 'b', 'c', 'd'].map((who) =>
      createFiles([
        { path: at('key'), data: `key ${who}` },
        { path: at('crt'), data: `crt ${who}` },
      ]).then(
        () => who,
        () => undefined,
      ),
    )
    const winners = (await Promise.all(writers)).filter((who) => who !== undefined)
    expect(winners).toHaveLength(1)
    expect([await read(at('key')), await read(at('crt'))]).toEqual([`key ${winners[0]}`, `crt ${winners[0]}`])
  })
})

describe('isExposed', () => {
  it.each([
    [0o600, false],
    [0o400, false],
    [0o700, false],
    [0o640, true],
    [0o604, true],
    [0o620, true],
    [0o601, true],
  ])('of a file with mode %o is %s', async (mode, exposed) => {
    await writeFile(at('f'), '')
    await chmod(at('f'), mode)
    expect(await isExposed(at('f'))).toBe(exposed)
  })

  it('of a symbolic link is true, even to a private file', async () => {
    await replaceFile({ path: at('f'), data: '' })
    await symlink(at('f'), at('l'))
    expect(await isExposed(at('l'))).toBe(true)
  })
})

describe('removeFile', () => {
  it('removes a file, and is content where there is none', async () => {
    await writeFile(at('f'), '')
    await removeFile(at('f'))
    await removeFile(at('f'))
    expect(await names()).toEqual([])
  })

  it('does not remove a folder', async () => {
    await mkdir(at('d'))
    await appError('output-unwritable', () => removeFile(at('d')))
  })
})

function never(): never {
  throw new TypeError('unreachable')
}
