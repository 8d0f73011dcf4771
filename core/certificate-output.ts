/** Certificates written to files: which form a file's name asks for, and the bytes of that form. */
import type { KeyObject, X509Certificate } from 'node:crypto'
import { certificateDetails } from './certificate-details.ts'
import { AppError } from './errors.ts'
import type { NewFile } from './private-file.ts'

/** `pem`: key, leaf, issuers; `pfx`: the same as PKCS#12; `crt`: the leaf in PEM; `der`: the leaf in DER; `key`: the key in PEM. */
export type OutputForm = 'pem' | 'pfx' | 'crt' | 'der' | 'key'

const FORMS: ReadonlyMap<string, OutputForm> = new Map([
  ['pem', 'pem'],
  ['pfx', 'pfx'],
  ['p12', 'pfx'],
  ['crt', 'crt'],
  ['cer', 'crt'],
  ['der', 'der'],
  ['key', 'key'],
])

export interface OutputSpec {
  readonly path: string
  readonly chain: readonly [leaf: X509Certificate, ...issuers: X509Certificate[]]
  /** Undefined where the public part alone is to be written; `pfx` and `key` need it. */
  readonly key: KeyObject | undefined
  /** Encrypts the key; undefined writes it as it is. */
  readonly passphrase: string | undefined
}

/**
 * The form that a file's ending asks for.
 *
 * @throws AppError `usage` for an ending that means none
 */
export function outputForm(path: string): OutputForm {
  const form = FORMS.get(/\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? '')
  if (form !== undefined) return form
  throw new AppError('usage', `the ending of ${path} does not say which form to write`, {
    hint: `end it in one of ${[...FORMS.keys()].map((ending) => `.${ending}`).join(' ')}`,
  })
}

/** True where files of that form hold the private key. */
export const holdsKey = (form: OutputForm): boolean => form === 'pem' || form === 'pfx' || form === 'key'

/** The file to write: 0600 with a private key, 0644 without. */
export async function certificateOutput(spec: OutputSpec): Promise<NewFile> {
  const { path, chain, key, passphrase } = spec
  const [leaf] = chain
  const data = await (async () => {
    switch (outputForm(path)) {
      case 'crt':
        return leaf.toString()
      case 'der':
        return leaf.raw
      case 'key':
        return keyPem(present(key), passphrase)
      case 'pem':
        return (key === undefined ? '' : keyPem(key, passphrase)) + chain.join('')
      case 'pfx':
        return pfx(spec, present(key))
    }
  })()
  return { path, data, mode: key !== undefined && holdsKey(outputForm(path)) ? 0o600 : 0o644 }
}

function keyPem(key: KeyObject, passphrase: string | undefined): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return key.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString()
}

async function pfx({ chain, passphrase = '' }: OutputSpec, key: KeyObject): Promise<Buffer> {
  const { writePfx } = await import('./forge/pkcs12-writer.ts')
  const [leaf, ...issuers] = chain
  return writePfx({
    certificates: [leaf.raw, ...issuers.map(({ raw }) => raw)],
    key: key.export({ type: 'pkcs8', format: 'der' }),
    passphrase,
    friendlyName: /(?:^|,)CN=((?:\\.|[^,\\])*)/.exec(certificateDetails(leaf).subject)?.[1] ?? 'todo-cli',
  })
}

function present(key: KeyObject | undefined): KeyObject {
  if (key === undefined) throw new TypeError('this form needs the private key')
  return key
}
