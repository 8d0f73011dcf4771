/** Where a passphrase comes from, which of two wins, and what is said where it does not fit. */
import { describe, expect, it } from 'vitest'
import { PASSPHRASE, withCertificates } from '../../support/certificate-folder.ts'
import { expectError } from '../../support/cli.ts'

const files = withCertificates()
const { cert, json, write } = files

describe('a passphrase that does not fit', () => {
  const sources: [
    what: string,
    flags: () => string,
    env: Record<string, string>,
    stdin: string,
    hint: string,
  ][] = [
    ['of the variable CERT_PASSPHRASE', () => '', { CERT_PASSPHRASE: 'wrong' }, '', 'check CERT_PASSPHRASE:'],
    [
      'of a variable of any name',
      () => '--passphrase-env MINE',
      { MINE: 'wrong' },
      '',
      'check the variable MINE:',
    ],
    [
      'of a file',
      () => `--passphrase-file ${write('wrong.txt', 'wrong\n')}`,
      {},
      '',
      `check the file ${files.path('wrong.txt')}:`,
    ],
    [
      'of a file that a variable names',
      () => '',
      { CERT_PASSPHRASE_FILE: files.path('wrong.txt') },
      '',
      `check the file ${files.path('wrong.txt')}:`,
    ],
    [
      'of standard input',
      () => '--passphrase-file -',
      {},
      'wrong\n',
      'check the first line of standard input:',
    ],
  ]
  it.each(sources)('%s is told, and where it is from', async (_, flags, env, stdin, hint) => {
    write('wrong.txt', 'wrong\n')
    for (const name of ['locked.pem', 'locked.pfx']) {
      const result = await cert(`show ./${name} ${flags()}`.trim(), { env, stdin })
      expectError(result, 2, 'the passphrase does not open the private key')
      expect(result.stderr).toContain(`hint: ${hint}`)
      expect(result.stderr).not.toContain('wrong ')
    }
  })

  it('of a prompt is told, and the prompt is the source', async () => {
    const { stderr, exitCode } = await cert('verify ./locked.pem', { tty: true, stdin: 'wrong\n' })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('check what was typed:')
  })

  it.each([
    ['a blank at its end', `${PASSPHRASE} `],
    ['other capitals', PASSPHRASE.toUpperCase()],
    ['a line break in its middle', PASSPHRASE.replace(' ', '\n')],
    ['nothing', ''],
  ])('differs by %s', async (_, value) => {
    expectError(
      await cert('verify ./locked.pem', { env: { CERT_PASSPHRASE: value } }),
      2,
      value === '' ? 'is encrypted' : 'does not open',
    )
  })
})

describe('of two passphrases', () => {
  it('that of a flag wins over that of a variable', async () => {
    const env = { CERT_PASSPHRASE: 'wrong', RIGHT: PASSPHRASE }
    expect(await json('show ./locked.pem --passphrase-env RIGHT', { env })).toMatchObject({
      hasPrivateKey: true,
    })
  })

  it('that of a file named by a flag wins over that of a variable', async () => {
    const file = write('right.txt', `${PASSPHRASE}\r\n`)
    const env = { CERT_PASSPHRASE: 'wrong' }
    expect(await json(`show ./locked.pem --passphrase-file ${file}`, { env })).toMatchObject({
      hasPrivateKey: true,
    })
  })
})

describe('a passphrase that is not there', () => {
  it.each([
    ['--passphrase-env NOWHERE', 'the variable NOWHERE'],
    ['--passphrase-file ./nowhere.txt', 'is not there'],
    ['--passphrase-file .', 'is a folder'],
  ])('with %s is told before the file is opened', async (flags, words) => {
    expectError(await cert(`show ./locked.pem ${flags}`), 2, words)
  })

  it('can not come from where the certificate comes from', async () => {
    const stdin = files.read('locked.pem')
    expectError(
      await cert('show - --passphrase-file -', { stdin }),
      2,
      'both the certificate and its passphrase',
    )
  })
})

describe('a thumbprint, which needs no private key,', () => {
  const expected = () => ({ sha1: expect.stringMatching(/^[0-9A-F]{40}$/) })

  it.each(['./good.pem', './good.crt', './good.pfx', './locked.pem'])(
    'is printed of %s whatever passphrase the settings have, and whatever profile there is',
    async (file) => {
      const env = { CERT_PASSPHRASE: 'wrong', TODO_CLI_PROFILE: 'nowhere' }
      expect(await json(`thumbprint ${file}`, { env })).toMatchObject(expected())
    },
  )

  it('is printed of a whole file under a passphrase with that of the settings, and not with another', async () => {
    const env = { CERT_PASSPHRASE: PASSPHRASE }
    expect(await json('thumbprint ./locked.pfx', { env })).toMatchObject(expected())
    const wrong = { CERT_PASSPHRASE: 'wrong' }
    expectError(await cert('thumbprint ./locked.pfx', { env: wrong }), 2, 'does not open')
    expectError(await cert('thumbprint ./locked.pfx'), 2, 'is encrypted')
  })

  it.each([
    ['--passphrase-env NOWHERE', 'the variable NOWHERE'],
    ['--passphrase-file ./nowhere.txt', 'is not there'],
  ])('is not printed where %s was asked for, and is not there', async (flags, words) => {
    expectError(await cert(`thumbprint ./good.pem ${flags}`), 2, words)
  })
})
