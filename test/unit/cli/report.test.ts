import { Readable } from 'node:stream'
import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { type ReportOptions, redact, report } from '../../../cli/report.ts'
import { AppError, ERRORS, type ErrorCode } from '../../../core/errors.ts'

function reported(
  thrown: unknown,
  options: Partial<ReportOptions> = {},
  signal = new AbortController().signal,
) {
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const io = {
    stdin: Readable.from([]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    signal,
  }
  const exitCode = report(thrown, io, { json: false, verbose: false, color: false, ...options })
  expect(written.stdout).toBe('')
  return { exitCode, stderr: written.stderr }
}

const missing = new AppError('setting-missing', 'clientId is not set', {
  hint: 'todo-cli config set clientId ID',
  serviceCode: 'X1',
  cause: new Error('the cause', { cause: Object.assign(new Error('below it'), { code: 'ENOENT' }) }),
})

describe('an expected error', () => {
  it('is one line and its hint', () => {
    expect(reported(missing)).toEqual({
      exitCode: 2,
      stderr: 'error: clientId is not set\nhint: todo-cli config set clientId ID\n',
    })
  })

  it('without a hint is one line', () => {
    expect(reported(new AppError('usage', 'no')).stderr).toBe('error: no\n')
  })

  it('is one JSON object where JSON was asked for', () => {
    const { stderr } = reported(missing, { json: true, verbose: true })
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'setting-missing',
        message: 'clientId is not set',
        hint: 'todo-cli config set clientId ID',
        serviceCode: 'X1',
        exitCode: 2,
      },
    })
  })

  it('shows its causes with --verbose, without their stacks', () => {
    expect(reported(missing, { verbose: true }).stderr).toBe(
      'error: clientId is not set\nhint: todo-cli config set clientId ID\n> Error: the cause\n> Error (ENOENT): below it\n',
    )
  })

  it('is coloured on a terminal', () => {
    expect(reported(new AppError('usage', 'no', { hint: 'so' }), { color: true }).stderr).toBe(
      '\u001b[31merror:\u001b[0m no\n\u001b[1mhint:\u001b[0m so\n',
    )
  })

  it('shows no control character of what it names', () => {
    const { stderr } = reported(new AppError('usage', 'no "\u001b[2J\n"', { hint: 'a\rb' }))
    expect(stderr).toBe('error: no " [2J "\nhint: a b\n')
  })

  it.each(Object.keys(ERRORS) as ErrorCode[])('%s ends with the exit code of the table', (code) => {
    expect(reported(new AppError(code, 'x')).exitCode).toBe(ERRORS[code].exitCode)
  })
})

describe('a defect', () => {
  const defect = new TypeError('x is not a function')

  it('is one line without a stack, and asks for a report', () => {
    const { exitCode, stderr } = reported(defect)
    expect(exitCode).toBe(1)
    expect(stderr).toBe(
      'error: unexpected: x is not a function\nhint: this is a defect; run it again with --verbose and report what it says\n',
    )
  })

  it('shows its stack with --verbose', () => {
    expect(reported(defect, { verbose: true }).stderr).toMatch(/^> at .+report\.test\.ts/m)
  })

  it.each(['text', undefined, null, 42, {}])('can be a thrown %o', (thrown) => {
    expect(reported(thrown)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: unexpected: .+\n/),
    })
  })

  it('gives no token away', () => {
    const thrown = new Error('failed with eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl')
    expect(reported(thrown).stderr).toContain('failed with [token]')
  })
})

describe('Ctrl-C', () => {
  it.each([missing, new TypeError('aborted'), 'text'])(
    'is what happened, whatever was thrown then: %s',
    (thrown) => {
      expect(reported(thrown, {}, AbortSignal.abort())).toEqual({
        exitCode: 130,
        stderr: 'error: interrupted\n',
      })
    },
  )
})

describe('a usage error of commander', () => {
  it('is one line, with the suggestion in it', () => {
    const error = new CommanderError(
      1,
      'commander.unknownCommand',
      "error: unknown command 'lst'\n(Did you mean list?)",
    )
    expect(reported(error)).toEqual({
      exitCode: 2,
      stderr: "error: unknown command 'lst' (Did you mean list?)\nhint: todo-cli --help\n",
    })
  })

  it('is none where help or the version was asked for', () => {
    expect(reported(new CommanderError(0, 'commander.helpDisplayed', ''))).toEqual({
      exitCode: 0,
      stderr: '',
    })
  })
})

describe('a cause that carries a secret', () => {
  const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'

  it.each([
    ['of an expected error', (cause: Error) => new AppError('api-failed', 'it failed', { cause })],
    ['of a defect', (cause: Error) => new TypeError('x', { cause })],
  ])('%s is shown without it, with --verbose', (_, make) => {
    const { stderr } = reported(make(new Error(`Bearer ${token} was sent`)), { verbose: true })
    expect(stderr).toContain('was sent')
    expect(stderr).not.toContain('c2lnbmF0dXJl')
  })

  it('is not in the message of a defect either', () => {
    expect(reported(new Error(`refused: ${token}`)).stderr).toMatch(
      /^error: unexpected: refused: \[token\]\n/,
    )
  })
})

describe('redaction', () => {
  it.each([
    ['a JWT', 'a eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.sig b', 'a [token] b'],
    ['a JWT without signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', '[token]'],
    ['a private key', 'x -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- y', 'x [pem] y'],
    ['a key that was cut', 'x -----BEGIN PRIVATE KEY-----\nMII', 'x [pem]'],
    [
      'a secret in a form',
      'client_id=1&client_secret=hunter2&scope=x',
      'client_id=1&client_secret=[hidden]&scope=x',
    ],
    ['a secret in JSON', '{"client_secret": "hunter2"}', '{"client_secret": "[hidden]"}'],
    ['an assertion', 'client_assertion=abc', 'client_assertion=[hidden]'],
    ['a passphrase', 'passphrase: hunter2', 'passphrase: [hidden]'],
    ['a bearer token', 'Authorization: Bearer abc.def-0123456789', 'Authorization: Bearer [hidden]'],
    ['a password in an address', 'https://user:word@proxy.example', 'https://[hidden]@proxy.example'],
  ])('takes out %s', (_, given, shown) => {
    expect(redact(given)).toBe(shown)
  })

  it.each([
    'AADSTS700027: The certificate is not registered',
    'ENOENT: no such file, open /a/b',
    'https://example.com:8443/x@y',
  ])('leaves %s', (text) => {
    expect(redact(text)).toBe(text)
  })
})
