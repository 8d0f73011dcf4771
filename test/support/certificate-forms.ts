/**
 * Every form of certificate file × every tool that writes it: made by the tool itself where it can run here, by its
 * documented parameters where it can not. The loader's tests read them all, and docs/certificates.md lists them.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import forge from 'node-forge'
import { writePfx } from '../../core/forge/pkcs12-writer.ts'
import { runTool } from './tools.ts'

/** The pair that every maker wraps: PEM, the key as PKCS#8 that is not encrypted. */
export interface Pair {
  readonly keyPem: string
  readonly certificatePem: string
  /** The authority that issued the certificate. */
  readonly issuerPem: string
}

/** A file in one form, or two: certificate, then key. */
export interface Made {
  readonly bytes: Uint8Array
  readonly key?: Uint8Array
}

export interface Form {
  readonly form: (typeof FORMS)[number]
  /** The column of the table. */
  readonly tool: (typeof TOOLS)[number]
  /** The program that has to be there to make it. */
  readonly needs?: 'openssl' | 'keytool'
  /** True where the tool can not run here, so that another writes what its documentation says it writes. */
  readonly byParameters?: boolean
  /** Undefined where no passphrase is given at all. */
  readonly passphrase?: string
  make(pair: Pair, folder: string): Made
}

export const FORMS = [
  'PEM, key PKCS#8',
  'PEM, key PKCS#1',
  'PEM, key encrypted PKCS#8',
  'PEM, key legacy encrypted',
  'PEM with its chain',
  'DER, certificate and key in two files',
  'DER, key encrypted PKCS#8',
  'PFX, AES-256, SHA-256 MAC',
  'PFX, AES-128, SHA-1 MAC',
  'PFX, 3DES, SHA-1 MAC',
  'PFX, RC2-40 and 3DES (`-legacy`)',
  'PFX, SHA-512 MAC',
  'PFX with its chain',
  'PFX without a passphrase',
  'PFX without MAC',
  'PFX, nothing encrypted',
  'base64 of PFX',
] as const

export const TOOLS = [
  'todo-cli',
  'node:crypto',
  'OpenSSL 3',
  'OpenSSL 1',
  'Java keytool',
  'Windows',
  'Key Vault',
  'node-forge',
] as const

const PASSPHRASE = 'correct horse'

/** `openssl pkcs12 -export` with more arguments. */
const pkcs12 = (passphrase: string, ...more: string[]): Form['make'] => {
  return ({ keyPem, certificatePem, issuerPem }, folder) => {
    const input = { 'key.pem': keyPem, 'cert.pem': certificatePem, 'ca.pem': issuerPem }
    for (const [name, pem] of Object.entries(input)) writeFileSync(join(folder, name), pem)
    const base = [
      'pkcs12',
      '-export',
      '-inkey',
      'key.pem',
      '-in',
      'cert.pem',
      '-out',
      'out.pfx',
      '-name',
      'daemon',
    ]
    runTool('openssl', [...base, '-passout', `pass:${passphrase}`, ...more], folder)
    return { bytes: readFileSync(join(folder, 'out.pfx')) }
  }
}

/** `openssl` over the key, its output put before the certificate. */
const keyBy = (...args: string[]): Form['make'] => {
  return ({ keyPem, certificatePem }, folder) => ({
    bytes: Buffer.from(runTool('openssl', args, folder, keyPem) + certificatePem),
  })
}

const nodeKey = (options: object): Form['make'] => {
  return ({ keyPem, certificatePem }) => {
    const key = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'pem', ...options } as never)
    return { bytes: Buffer.concat([Buffer.from(certificatePem), Buffer.from(key as string)]) }
  }
}

const der = (pem: string) => new X509Certificate(pem).raw
const pkcs8Der = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })

const own = (passphrase: string, withChain = false): Form['make'] => {
  return ({ keyPem, certificatePem, issuerPem }) => ({
    bytes: writePfx({
      certificates: withChain ? [der(certificatePem), der(issuerPem)] : [der(certificatePem)],
      key: pkcs8Der(keyPem),
      passphrase,
      friendlyName: 'daemon',
    }),
  })
}

const byForge = (algorithm: '3des' | 'aes128' | 'aes256', passphrase: string): Form['make'] => {
  return ({ keyPem, certificatePem }) => {
    const { pki, pkcs12, asn1 } = forge
    const key = pki.privateKeyFromPem(keyPem)
    const pfx = pkcs12.toPkcs12Asn1(key, [pki.certificateFromPem(certificatePem)], passphrase, { algorithm })
    return { bytes: Buffer.from(asn1.toDer(pfx).getBytes(), 'latin1') }
  }
}

/** keytool makes its own pairs only, so a PFX of ours goes in and another comes out. */
const byKeytool = (...more: string[]): Form['make'] => {
  return (pair, folder) => {
    writeFileSync(join(folder, 'source.p12'), own(PASSPHRASE)(pair, folder).bytes)
    const stores = ['-srckeystore', 'source.p12', '-destkeystore', 'java.p12', '-deststoretype', 'PKCS12']
    const passwords = ['-srcstorepass', PASSPHRASE, '-deststorepass', PASSPHRASE]
    runTool('keytool', [...more, '-importkeystore', '-noprompt', ...stores, ...passwords], folder)
    return { bytes: readFileSync(join(folder, 'java.p12')) }
  }
}

const base64 = (make: Form['make']): Form['make'] => {
  return (pair, folder) => ({ bytes: Buffer.from(Buffer.from(make(pair, folder).bytes).toString('base64')) })
}

const openssl = { needs: 'openssl' } as const
const asDocumented = { needs: 'openssl', byParameters: true } as const
const passphrase = PASSPHRASE
const tripleDes = ['-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']
/** Export-PfxCertificate's rounds. */
const windows = ['-iter', '2000', '-CSP', 'Microsoft Enhanced RSA and AES Cryptographic Provider', '-keyex']

export const CERTIFICATE_FORMS: readonly Form[] = [
  {
    form: 'PEM, key PKCS#8',
    tool: 'todo-cli',
    make: ({ keyPem, certificatePem }) => ({ bytes: Buffer.from(keyPem + certificatePem) }),
  },
  { form: 'PEM, key PKCS#8', tool: 'node:crypto', make: nodeKey({}) },
  { form: 'PEM, key PKCS#8', tool: 'OpenSSL 3', ...openssl, make: keyBy('pkcs8', '-topk8', '-nocrypt') },
  { form: 'PEM, key PKCS#1', tool: 'node:crypto', make: nodeKey({ type: 'pkcs1' }) },
  { form: 'PEM, key PKCS#1', tool: 'OpenSSL 3', ...openssl, make: keyBy('rsa', '-traditional') },
  { form: 'PEM, key PKCS#1', tool: 'OpenSSL 1', ...asDocumented, make: keyBy('rsa', '-traditional') },
  {
    form: 'PEM, key PKCS#1',
    tool: 'node-forge',
    make: ({ keyPem, certificatePem }) => ({
      bytes: Buffer.from(forge.pki.privateKeyToPem(forge.pki.privateKeyFromPem(keyPem)) + certificatePem),
    }),
  },
  {
    form: 'PEM, key encrypted PKCS#8',
    tool: 'todo-cli',
    passphrase,
    make: nodeKey({ cipher: 'aes-256-cbc', passphrase }),
  },
  {
    form: 'PEM, key encrypted PKCS#8',
    tool: 'node:crypto',
    passphrase,
    make: nodeKey({ cipher: 'des-ede3-cbc', passphrase }),
  },
  {
    form: 'PEM, key encrypted PKCS#8',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: keyBy('pkcs8', '-topk8', '-passout', `pass:${PASSPHRASE}`),
  },
  {
    form: 'PEM, key encrypted PKCS#8',
    tool: 'OpenSSL 1',
    passphrase,
    ...asDocumented,
    make: keyBy('pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES', '-passout', `pass:${PASSPHRASE}`),
  },
  {
    form: 'PEM, key encrypted PKCS#8',
    tool: 'node-forge',
    passphrase,
    make: ({ keyPem, certificatePem }) => ({
      bytes: Buffer.from(
        forge.pki.encryptRsaPrivateKey(forge.pki.privateKeyFromPem(keyPem), PASSPHRASE, {
          algorithm: 'aes256',
        }) + certificatePem,
      ),
    }),
  },
  {
    form: 'PEM, key legacy encrypted',
    tool: 'node:crypto',
    passphrase,
    make: nodeKey({ type: 'pkcs1', cipher: 'aes-256-cbc', passphrase }),
  },
  {
    form: 'PEM, key legacy encrypted',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: keyBy('rsa', '-traditional', '-aes256', '-passout', `pass:${PASSPHRASE}`),
  },
  {
    form: 'PEM, key legacy encrypted',
    tool: 'OpenSSL 1',
    passphrase,
    ...asDocumented,
    make: keyBy('rsa', '-traditional', '-des3', '-passout', `pass:${PASSPHRASE}`),
  },
  {
    form: 'PEM, key legacy encrypted',
    tool: 'node-forge',
    passphrase,
    make: ({ keyPem, certificatePem }) => ({
      bytes: Buffer.from(
        forge.pki.encryptRsaPrivateKey(forge.pki.privateKeyFromPem(keyPem), PASSPHRASE, {
          legacy: true,
          algorithm: 'aes256',
        }) + certificatePem,
      ),
    }),
  },
  {
    form: 'PEM with its chain',
    tool: 'OpenSSL 3',
    ...openssl,
    make: (pair, folder) => {
      writeFileSync(join(folder, 'chain.pfx'), pkcs12('x', '-certfile', 'ca.pem')(pair, folder).bytes)
      return {
        bytes: Buffer.from(
          runTool('openssl', ['pkcs12', '-in', 'chain.pfx', '-nodes', '-passin', 'pass:x'], folder),
        ),
      }
    },
  },
  {
    form: 'PEM with its chain',
    tool: 'Key Vault',
    ...asDocumented,
    make: ({ keyPem, certificatePem, issuerPem }) => ({
      bytes: Buffer.from(keyPem + certificatePem + issuerPem),
    }),
  },
  {
    form: 'DER, certificate and key in two files',
    tool: 'node:crypto',
    make: ({ keyPem, certificatePem }) => ({ bytes: der(certificatePem), key: pkcs8Der(keyPem) }),
  },
  {
    form: 'DER, certificate and key in two files',
    tool: 'OpenSSL 3',
    ...openssl,
    make: ({ keyPem, certificatePem }, folder) => {
      runTool('openssl', ['x509', '-outform', 'DER', '-out', 'cert.der'], folder, certificatePem)
      runTool('openssl', ['rsa', '-traditional', '-outform', 'DER', '-out', 'key.der'], folder, keyPem)
      return { bytes: readFileSync(join(folder, 'cert.der')), key: readFileSync(join(folder, 'key.der')) }
    },
  },
  {
    form: 'DER, key encrypted PKCS#8',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: ({ keyPem, certificatePem }, folder) => {
      runTool(
        'openssl',
        ['pkcs8', '-topk8', '-outform', 'DER', '-passout', `pass:${PASSPHRASE}`, '-out', 'enc.der'],
        folder,
        keyPem,
      )
      return { bytes: der(certificatePem), key: readFileSync(join(folder, 'enc.der')) }
    },
  },
  { form: 'PFX, AES-256, SHA-256 MAC', tool: 'todo-cli', passphrase, make: own(PASSPHRASE) },
  { form: 'PFX, AES-256, SHA-256 MAC', tool: 'OpenSSL 3', passphrase, ...openssl, make: pkcs12(PASSPHRASE) },
  {
    form: 'PFX, AES-256, SHA-256 MAC',
    tool: 'Java keytool',
    passphrase,
    needs: 'keytool',
    make: byKeytool(),
  },
  {
    form: 'PFX, AES-256, SHA-256 MAC',
    tool: 'Windows',
    passphrase,
    ...asDocumented,
    make: pkcs12(PASSPHRASE, ...windows),
  },
  { form: 'PFX, AES-128, SHA-1 MAC', tool: 'node-forge', passphrase, make: byForge('aes128', PASSPHRASE) },
  {
    form: 'PFX, 3DES, SHA-1 MAC',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: pkcs12(PASSPHRASE, ...tripleDes),
  },
  {
    form: 'PFX, 3DES, SHA-1 MAC',
    tool: 'Windows',
    passphrase,
    ...asDocumented,
    make: pkcs12(PASSPHRASE, ...tripleDes, ...windows),
  },
  { form: 'PFX, 3DES, SHA-1 MAC', tool: 'node-forge', passphrase, make: byForge('3des', PASSPHRASE) },
  {
    form: 'PFX, RC2-40 and 3DES (`-legacy`)',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: pkcs12(PASSPHRASE, '-legacy'),
  },
  {
    form: 'PFX, RC2-40 and 3DES (`-legacy`)',
    tool: 'OpenSSL 1',
    passphrase,
    ...asDocumented,
    make: pkcs12(PASSPHRASE, '-legacy'),
  },
  {
    form: 'PFX, RC2-40 and 3DES (`-legacy`)',
    tool: 'Java keytool',
    passphrase,
    needs: 'keytool',
    make: byKeytool('-J-Dkeystore.pkcs12.legacy'),
  },
  {
    form: 'PFX, RC2-40 and 3DES (`-legacy`)',
    tool: 'Windows',
    passphrase,
    ...asDocumented,
    make: pkcs12(PASSPHRASE, '-legacy', ...windows),
  },
  {
    form: 'PFX, SHA-512 MAC',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: pkcs12(PASSPHRASE, '-macalg', 'sha512'),
  },
  { form: 'PFX with its chain', tool: 'todo-cli', passphrase, make: own(PASSPHRASE, true) },
  {
    form: 'PFX with its chain',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: pkcs12(PASSPHRASE, '-certfile', 'ca.pem'),
  },
  { form: 'PFX without a passphrase', tool: 'todo-cli', make: own('') },
  { form: 'PFX without a passphrase', tool: 'OpenSSL 3', ...openssl, make: pkcs12('') },
  {
    form: 'PFX without a passphrase',
    tool: 'Key Vault',
    ...asDocumented,
    make: pkcs12('', ...tripleDes, ...windows),
  },
  { form: 'PFX without a passphrase', tool: 'node-forge', make: byForge('aes256', '') },
  { form: 'PFX without MAC', tool: 'OpenSSL 3', passphrase, ...openssl, make: pkcs12(PASSPHRASE, '-nomac') },
  {
    form: 'PFX, nothing encrypted',
    tool: 'OpenSSL 3',
    passphrase,
    ...openssl,
    make: pkcs12(PASSPHRASE, '-keypbe', 'NONE', '-certpbe', 'NONE'),
  },
  { form: 'base64 of PFX', tool: 'OpenSSL 3', passphrase, ...openssl, make: base64(pkcs12(PASSPHRASE)) },
  {
    form: 'base64 of PFX',
    tool: 'Key Vault',
    ...asDocumented,
    make: base64(pkcs12('', ...tripleDes, ...windows)),
  },
]
