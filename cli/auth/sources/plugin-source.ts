/** What a plugin exports, checked, and held to the contract while it is used: nothing of a third party is trusted blindly. */
import { X509Certificate } from 'node:crypto'
import type { AssertionAlgorithm, ClientCertificate } from '../../../core/certificate.ts'
import { AppError, ERRORS, type ErrorCode } from '../../../core/errors.ts'
import { SETTINGS, type SettingSpec } from '../../settings.ts'
import type { CertificateSource } from './source.ts'

/** The words after `--auth` that are taken. */
const TAKEN = ['secret', 'user', 'cert', 'keyvault']
const ALGORITHMS: readonly AssertionAlgorithm[] = ['PS256', 'RS256']

/**
 * Makes a source of what a package exports by default. Its settings come from variables and profiles; flags are the
 * program's own, which are parsed before a plugin is loaded.
 *
 * @throws AppError `plugin-invalid`, saying what is wrong
 */
export function adoptSource(exported: unknown, plugin: string): CertificateSource {
  const source = recordOf(exported)
  const invalid = (what: string) =>
    new AppError('plugin-invalid', `the plugin ${plugin} ${what}`, {
      hint: 'tell its author; what a source is: docs/certificate-sources.md',
    })
  if (source === undefined) throw invalid('exports no certificate source by default')
  const { name, identify, open } = source
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,31}$/.test(name))
    throw invalid('has no name for --auth (letters, digits and dashes)')
  if (TAKEN.includes(name)) throw invalid(`takes the name "${name}", which is built in`)
  if (typeof identify !== 'function' || typeof open !== 'function') throw invalid('has no identify and open')
  const algorithms = source.algorithms ?? ALGORITHMS
  if (!isAlgorithms(algorithms)) throw invalid('signs with none of PS256 and RS256')
  const settings = specsOf(source.settings)
  if (settings === undefined) throw invalid('has settings without key, variable and help')
  const own = settings.find(({ key }) => SETTINGS.some((spec) => spec.key === key))
  if (own) throw invalid(`has a setting named "${own.key}", which is built in`)
  const held = <T>(action: () => Promise<T>) => adopting(action, name, plugin)
  return {
    name,
    settings,
    algorithms,
    identify: (values, deps) =>
      held(async () => {
        const identity: unknown = await identify.call(source, values, deps)
        if (typeof identity !== 'string' || identity === '') throw invalid('identifies no credential')
        return `plugin:${plugin}:${identity}`
      }),
    open: (values, deps) =>
      held(async () => {
        const opened = certificateOf(await open.call(source, values, deps))
        if (opened === undefined) throw invalid('opens what is no certificate')
        const { chainPem, notAfter, origin, sign } = opened
        return {
          chainPem,
          notAfter,
          origin,
          sign: (alg, data) =>
            held(async () => {
              if (!algorithms.includes(alg)) throw unsupported(name, algorithms)
              const signature: unknown = await sign(alg, data)
              if (!(signature instanceof Uint8Array)) throw invalid('signs with what is no signature')
              return signature
            }),
        }
      }),
  }
}

/** `sign` was asked for an algorithm that the source has not. */
function unsupported(name: string, algorithms: readonly AssertionAlgorithm[]): AppError {
  return new AppError('setting-invalid', `--auth ${name} signs with ${algorithms.join(' and ')} only`, {
    hint: `--assertion-alg ${algorithms[0]}`,
  })
}

type Json = Readonly<Record<string, unknown>>

function recordOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined
}

function isAlgorithms(value: unknown): value is readonly AssertionAlgorithm[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => ALGORITHMS.includes(each))
}

function specsOf(value: unknown): SettingSpec[] | undefined {
  if (!Array.isArray(value)) return undefined
  const specs = value.map((each): SettingSpec | undefined => {
    const { key, variable, help, secret, parse, default: fallback } = recordOf(each) ?? {}
    if (typeof key !== 'string' || !/^[a-z][A-Za-z0-9]{0,63}$/.test(key)) return undefined
    if (typeof variable !== 'string' || !/^[A-Z][A-Z0-9_]{0,127}$/.test(variable)) return undefined
    if (typeof help !== 'string' || help === '') return undefined
    return {
      key,
      variable,
      help,
      ...(secret === true ? { secret } : {}),
      ...(typeof fallback === 'string' ? { default: fallback } : {}),
      ...(typeof parse === 'function' ? { parse: (text, label) => String(parse(text, label)) } : {}),
    }
  })
  return specs.every((spec) => spec !== undefined) ? specs : undefined
}

function certificateOf(value: unknown): ClientCertificate | undefined {
  const { chainPem, origin, sign } = recordOf(value) ?? {}
  if (!Array.isArray(chainPem) || typeof origin !== 'string' || typeof sign !== 'function') return undefined
  const [leaf, ...issuers] = chainPem.map(String)
  if (leaf === undefined) return undefined
  // The last day is read here, not believed.
  const { validToDate } = new X509Certificate(leaf)
  return { chainPem: [leaf, ...issuers], notAfter: validToDate, origin, sign: sign.bind(value) }
}

/** A plugin has no AppError to throw: an Error whose `code` is one of the table's is taken for one, with its `hint`. */
async function adopting<T>(action: () => Promise<T>, name: string, plugin: string): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw adoptError(error, name, plugin)
  }
}

function adoptError(error: unknown, name: string, plugin: string): AppError {
  if (error instanceof AppError) return error
  const { code, message, hint } = recordOf(error) ?? {}
  const text = oneLine(message)
  if (isErrorCode(code)) {
    return new AppError(code, text, {
      hint: typeof hint === 'string' ? oneLine(hint) : undefined,
      cause: error,
    })
  }
  return new AppError('plugin-failed', `--auth ${name} failed: ${text}`, {
    hint: `run it again with --verbose, and tell the author of ${plugin}`,
    cause: error,
  })
}

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code)

/** A message is one line, and short. */
const oneLine = (text: unknown) =>
  String(text ?? 'no reason given')
    .replace(/\s+/g, ' ')
    .slice(0, 300)
