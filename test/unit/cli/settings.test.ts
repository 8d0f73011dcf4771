import { describe, expect, it } from 'vitest'
import {
  duration,
  millisecondsOf,
  oneOf,
  resolveSettings,
  SETTINGS,
  type SettingInputs,
  type SettingSpec,
  text,
  webAddress,
} from '../../../cli/settings.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { appError } from '../../support/app-error.ts'

const CLIENT_ID: SettingSpec = {
  key: 'clientId',
  flag: '--client-id ID',
  variable: 'CLIENT_ID',
  default: 'by default',
  help: 'The client id',
}

/** Each place that can give a value, strongest first. */
const PLACES: readonly (readonly [from: string, inputs: Partial<SettingInputs>])[] = [
  ['--client-id', { flags: { clientId: 'x' } }],
  ['TODO_CLI_CLIENT_ID', { env: { TODO_CLI_CLIENT_ID: 'x' } }],
  ['TODO_CLI_CLIENT_ID in the env file', { envFile: { TODO_CLI_CLIENT_ID: 'x' } }],
  ['CLIENT_ID in the env file', { envFile: { CLIENT_ID: 'x' } }],
  ['profile named', { profile: { name: 'named', named: true, values: { clientId: 'x' } } }],
  ['CLIENT_ID', { env: { CLIENT_ID: 'x' } }],
  ['profile current', { profile: { name: 'current', named: false, values: { clientId: 'x' } } }],
]

/** Every pair of places that can both give a value: the first wins. */
const PAIRS = PLACES.flatMap(([strong, first], index) =>
  PLACES.slice(index + 1)
    .filter(([, second]) => first.profile === undefined || second.profile === undefined)
    .map(([weak, second]) => ({ strong, weak, inputs: merged(first, second) })),
)

function merged(strong: Partial<SettingInputs>, weak: Partial<SettingInputs>): SettingInputs {
  const valued = (record: Readonly<Record<string, unknown>> | undefined, value: string) =>
    Object.fromEntries(Object.keys(record ?? {}).map((key) => [key, value]))
  const profile = strong.profile ?? weak.profile
  return {
    flags: valued(strong.flags, 'strong'),
    env: { ...valued(weak.env, 'weak'), ...valued(strong.env, 'strong') },
    envFile: { ...valued(weak.envFile, 'weak'), ...valued(strong.envFile, 'strong') },
    profile: profile && { ...profile, values: { clientId: strong.profile ? 'strong' : 'weak' } },
  }
}

const resolve = (spec: SettingSpec, inputs: Partial<SettingInputs>) =>
  resolveSettings([spec], { flags: {}, env: {}, ...inputs })

describe('where a value comes from', () => {
  it.each(PLACES)('is remembered: %s', (from, inputs) => {
    const settings = resolve(CLIENT_ID, inputs)
    expect([settings.get('clientId'), settings.from('clientId')]).toEqual(['x', from])
  })

  it.each(PAIRS)('$strong wins over $weak', ({ strong, inputs }) => {
    const settings = resolve(CLIENT_ID, inputs)
    expect([settings.get('clientId'), settings.from('clientId')]).toEqual(['strong', strong])
  })

  it('is the default where nothing else is', () => {
    const settings = resolve(CLIENT_ID, {})
    expect([settings.get('clientId'), settings.from('clientId')]).toEqual(['by default', 'default'])
  })

  it.each(PLACES.slice(1, -1))(
    'is not %s where that is empty, as CI systems leave variables',
    (_, inputs) => {
      const emptied = (record: Readonly<Record<string, unknown>> | undefined) =>
        Object.fromEntries(Object.keys(record ?? {}).map((key) => [key, '']))
      const { env, envFile } = inputs
      expect(resolve(CLIENT_ID, { env: emptied(env), envFile: emptied(envFile) }).from('clientId')).toBe(
        'default',
      )
    },
  )

  it('is the flag even where that is empty: somebody typed it', async () => {
    const typed = () => resolve({ ...CLIENT_ID, parse: text }, { flags: { clientId: '' } })
    expect((await appError('setting-invalid', typed)).message).toBe('clientId (--client-id) is empty')
  })

  it('is never a variable without prefix where the variable of the table has one', () => {
    const spec = { ...CLIENT_ID, variable: 'TODO_CLI_CLIENT_ID' }
    expect(resolve(spec, { env: { CLIENT_ID: 'x' } }).from('clientId')).toBe('default')
    expect(resolve(spec, { env: { TODO_CLI_CLIENT_ID: 'x' } }).get('clientId')).toBe('x')
  })

  it('is never a profile where the setting is a secret', () => {
    const profile = { name: 'work', named: true, values: { clientId: 'x' } }
    expect(resolve({ ...CLIENT_ID, secret: true }, { profile }).from('clientId')).toBe('default')
  })

  it('is not what an object inherits', () => {
    const { default: _, ...spec } = { ...CLIENT_ID, key: 'constructor', flag: '--constructor X' }
    const profile = { name: 'work', named: true, values: {} }
    expect(resolve(spec, { profile }).get('constructor')).toBeUndefined()
  })
})

describe('a missing setting', () => {
  const { default: _, ...spec } = CLIENT_ID

  it('is named with its flag, its variable and its profile key', async () => {
    const error = await appError('setting-missing', () => resolve(spec, {}).need('clientId'))
    expect(error.message).toBe('clientId is not set: the client id')
    expect(error.hint).toBe(
      'set it with --client-id ID, or the variable CLIENT_ID, or the profile key clientId (todo-cli config set clientId VALUE)',
    )
  })

  it('that is a secret is never to be set by flag or profile', async () => {
    const { flag: __, ...secret } = { ...spec, secret: true }
    const error = await appError('setting-missing', () => resolve(secret, {}).need('clientId'))
    expect(error.hint).toBe('set it with the variable CLIENT_ID')
  })

  it.each(SETTINGS.filter((each) => each.default === undefined).map(({ key }) => key))(
    '%s has a way to set it',
    async (key) => {
      const none = resolveSettings(SETTINGS, { flags: {}, env: {} })
      expect((await appError('setting-missing', () => none.need(key))).hint).toMatch(
        /--|variable|profile key/,
      )
    },
  )
})

describe('the stronger of two settings', () => {
  const specs = [CLIENT_ID, { ...CLIENT_ID, key: 'other', flag: '--other X', variable: 'OTHER' }].map(
    ({ default: _, ...spec }) => spec,
  )
  const strongest = (inputs: Partial<SettingInputs>) =>
    resolveSettings(specs, { flags: {}, env: {}, ...inputs }).strongest('clientId', 'other')

  it.each([
    ['none', {}, undefined],
    ['the only one', { env: { OTHER: 'x' } }, 'other'],
    ['the flag', { flags: { other: 'x' }, env: { CLIENT_ID: 'x' } }, 'other'],
    ['the first of equals', { env: { OTHER: 'x', CLIENT_ID: 'x' } }, 'clientId'],
  ])('is %s', (_, inputs, winner) => {
    expect(strongest(inputs)).toBe(winner)
  })
})

describe('a value that can not be used', () => {
  it('is told with where it came from', async () => {
    const spec = { ...CLIENT_ID, parse: oneOf('a', 'b') }
    const error = await appError('setting-invalid', () => resolve(spec, { env: { CLIENT_ID: 'c' } }))
    expect(error.message).toBe('clientId (CLIENT_ID) can not be "c"')
  })

  it('is kept as it was given where somebody wants to see it', () => {
    const problems: string[] = []
    const spec = { ...CLIENT_ID, parse: oneOf('a', 'b') }
    const settings = resolveSettings([spec], { flags: { clientId: 'c' }, env: {} }, ({ message }) =>
      problems.push(message),
    )
    expect(settings.get('clientId')).toBe('c')
    expect(problems).toEqual(['clientId (--client-id) can not be "c"'])
  })

  it('is not what a defect in a parser is', () => {
    const parse = () => {
      throw new TypeError('defect')
    }
    expect(() => resolveSettings([{ ...CLIENT_ID, parse }], { flags: {}, env: {} }, () => {})).toThrow(
      TypeError,
    )
  })
})

describe('the list of settings', () => {
  it('hides secrets, and says nothing of those that are not set', () => {
    const specs = [
      { key: 'a', variable: 'A', secret: true, help: '' },
      { key: 'b', variable: 'B', secret: true, help: '' },
    ]
    expect([...resolveSettings(specs, { flags: {}, env: { A: 'hunter2' } }).entries()]).toEqual([
      { key: 'a', value: '(hidden)', from: 'A' },
      { key: 'b', value: undefined, from: undefined },
    ])
  })

  it('has each key, flag and variable once', () => {
    for (const field of ['key', 'flag', 'variable'] as const) {
      const names = SETTINGS.flatMap((spec) => spec[field] ?? [])
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('takes no secret from the command line', () => {
    for (const { secret, flag } of SETTINGS) expect(secret && flag).toBeFalsy()
  })

  it('has defaults that can be used', () => {
    expect(() => resolveSettings(SETTINGS, { flags: {}, env: {} })).not.toThrow()
  })
})

describe('an address', () => {
  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://example.com/', 'https://example.com'],
    ['https://EXAMPLE.com:443/a/', 'https://example.com/a'],
    ['https://example.com:8443/a', 'https://example.com:8443/a'],
    ['https://[::1]:8443/a', 'https://[::1]:8443/a'],
    [' https://example.com ', 'https://example.com'],
  ])('%s is taken as %s', (given, taken) => {
    expect(webAddress()(given, 'label')).toBe(taken)
  })

  const refused: readonly (readonly [string, ErrorCode])[] = [
    ['', 'setting-invalid'],
    ['example.com', 'setting-invalid'],
    ['localhost:8443', 'setting-invalid'],
    ['ftp://example.com', 'setting-invalid'],
    ['javascript:alert(1)', 'setting-invalid'],
    ['https://', 'setting-invalid'],
    ['https://user@example.com', 'setting-invalid'],
    ['https://user:word@example.com', 'setting-invalid'],
    ['https://example.com/?a=b', 'setting-invalid'],
    ['https://example.com/#a', 'setting-invalid'],
    ['http://example.com', 'insecure-url'],
    ['http://localhost', 'insecure-url'],
    ['http://localhost.example.com', 'insecure-url'],
  ]
  it.each(refused)('"%s" is refused: %s', async (given, code) => {
    const { message, hint } = await appError(code, () => webAddress()(given, 'label'))
    expect(message).toMatch(/^label /)
    expect(`${message}${hint}`).not.toContain('word@')
  })

  it.each(['http://localhost:1', 'http://127.0.0.1:1', 'http://127.1.2.3:1', 'http://[::1]:1'])(
    '%s is taken where plain HTTP on this machine is',
    (given) => {
      expect(webAddress({ loopbackHttp: true })(given, 'label')).toBe(given)
    },
  )

  it.each(['http://example.com', 'http://localhost.example.com', 'http://128.0.0.1', 'http://0.0.0.0'])(
    '%s is not this machine',
    async (given) => {
      await appError('insecure-url', () => webAddress({ loopbackHttp: true })(given, 'label'))
    },
  )
})

describe('a time', () => {
  it.each([
    ['30s', 30_000],
    ['30', 30_000],
    ['1.5s', 1500],
    ['500ms', 500],
    ['2m', 120_000],
    ['24h', 86_400_000],
  ])('%s has %i milliseconds', (given, milliseconds) => {
    expect(millisecondsOf(duration(given, 'label'))).toBe(milliseconds)
  })

  it.each(['', '0', '0s', '-1s', '1 s', '1d', '25h', 's', 'soon', '1e3', 'Infinity', '0.1ms'])(
    '"%s" is none',
    async (given) => {
      await appError('setting-invalid', () => duration(given, 'label'))
    },
  )
})

describe('text', () => {
  it('loses the blanks around it', () => {
    expect(text(' a b\n', 'label')).toBe('a b')
  })

  it.each(['', ' ', '\n'])('%j is empty', async (given) => {
    await appError('setting-invalid', () => text(given, 'label'))
  })
})

describe('a word out of a list', () => {
  it.each(['PS256', 'RS256'])('%s is taken', (given) => {
    expect(oneOf('PS256', 'RS256')(given, 'label')).toBe(given)
  })

  it.each(['', 'ps256', 'HS256', 'constructor'])(
    '"%s" is refused, with the words that there are',
    async (given) => {
      const { hint } = await appError('setting-invalid', () => oneOf('PS256', 'RS256')(given, 'label'))
      expect(hint).toBe('take one of PS256, RS256')
    },
  )
})
