/**
 * Every form of certificate file × every tool that writes it. The loader's tests read them all, and docs/certificates.md
 * lists them; a cell that is not here says that the tool does not write that form.
 */
import {
  base64,
  byForge,
  byKeytool,
  derBy,
  forgeDer,
  forgeKey,
  forgePkcs1,
  forgePkcs8,
  inTwoFiles,
  keyBy,
  type Make,
  nodeDer,
  nodeKey,
  own,
  PASSPHRASE,
  pemOfPfx,
  pkcs12,
  plain,
  withIssuer,
} from './certificate-makers.ts'
import { runTool } from './tools.ts'

export type { Made, Pair } from './certificate-makers.ts'

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

interface Maker {
  readonly make: Make
  /** The program that has to be there to make it. */
  readonly needs?: 'openssl' | 'keytool'
  /** True where the tool can not run here, so that another writes what its documentation says it writes. */
  readonly byParameters?: boolean
  /** Undefined where no passphrase is given at all. */
  readonly passphrase?: string
}

export interface Form extends Maker {
  readonly form: string
  /** The column of the table. */
  readonly tool: (typeof TOOLS)[number]
}

const here = (make: Make): Maker => ({ make })
const openssl = (make: Make): Maker => ({ make, needs: 'openssl' })
const documented = (make: Make): Maker => ({ make, needs: 'openssl', byParameters: true })
const keytool = (...options: Parameters<typeof byKeytool>): Maker => ({
  make: byKeytool(...options),
  needs: 'keytool',
})
const locked = (maker: Maker): Maker => ({ ...maker, passphrase: PASSPHRASE })

const pass = ['-passout', `pass:${PASSPHRASE}`]
const legacyProvider = ['-provider', 'legacy', '-provider', 'default']
const tripleDes = ['-legacy', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']
/** Export-PfxCertificate's rounds. */
const windows = ['-iter', '2000', '-CSP', 'Microsoft Enhanced RSA and AES Cryptographic Provider', '-keyex']
const javaTripleDes = [
  'keyProtectionAlgorithm=PBEWithSHA1AndDESede',
  'certProtectionAlgorithm=PBEWithSHA1AndDESede',
  'macAlgorithm=HmacPBESHA1',
]
const opensslKey = (keyPem: string, folder: string) => runTool('openssl', ['pkey'], folder, keyPem)
const chain = ['-certfile', 'ca.pem']

const BY_FORM: Readonly<Record<string, Partial<Record<Form['tool'], Maker>>>> = {
  'PEM, key PKCS#8': {
    'todo-cli': here(plain),
    'node:crypto': here(nodeKey({})),
    'OpenSSL 3': openssl(keyBy('pkcs8', '-topk8', '-nocrypt')),
    'OpenSSL 1': documented(keyBy('pkcs8', '-topk8', '-nocrypt')),
    'Key Vault': documented(plain),
    'node-forge': here(({ keyPem, certificatePem }) => ({
      bytes: Buffer.from(forgePkcs8(keyPem) + certificatePem),
    })),
  },
  'PEM, key PKCS#1': {
    'node:crypto': here(nodeKey({ type: 'pkcs1' })),
    'OpenSSL 3': openssl(keyBy('rsa', '-traditional')),
    'OpenSSL 1': documented(keyBy('rsa', '-traditional')),
    'node-forge': here(({ keyPem, certificatePem }) => ({
      bytes: Buffer.from(forgePkcs1(keyPem) + certificatePem),
    })),
  },
  'PEM, key encrypted PKCS#8 (PBES2)': {
    'todo-cli': locked(here(nodeKey({ cipher: 'aes-256-cbc', passphrase: PASSPHRASE }))),
    'node:crypto': locked(here(nodeKey({ cipher: 'des-ede3-cbc', passphrase: PASSPHRASE }))),
    'OpenSSL 3': locked(openssl(keyBy('pkcs8', '-topk8', ...pass))),
    'OpenSSL 1': locked(documented(keyBy('pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...pass))),
    'node-forge': locked(here(forgeKey())),
  },
  'PEM, key encrypted PKCS#8 (HMAC-SHA-512)': {
    'OpenSSL 3': locked(openssl(keyBy('pkcs8', '-topk8', '-v2prf', 'hmacWithSHA512', ...pass))),
    'OpenSSL 1': locked(documented(keyBy('pkcs8', '-topk8', '-v2prf', 'hmacWithSHA512', ...pass))),
    'node-forge': locked(here(forgeKey({ prfAlgorithm: 'sha512' }))),
  },
  'PEM, key encrypted PKCS#8 (scrypt)': {
    'OpenSSL 3': locked(openssl(keyBy('pkcs8', '-topk8', '-scrypt', ...pass))),
    'OpenSSL 1': locked(documented(keyBy('pkcs8', '-topk8', '-scrypt', ...pass))),
  },
  'PEM, key encrypted PKCS#8 (PBES1, DES)': {
    'OpenSSL 3': locked(openssl(keyBy('pkcs8', '-topk8', '-v1', 'PBE-SHA1-DES', ...legacyProvider, ...pass))),
    'OpenSSL 1': locked(
      documented(keyBy('pkcs8', '-topk8', '-v1', 'PBE-MD5-DES', ...legacyProvider, ...pass)),
    ),
  },
  'PEM, key legacy encrypted': {
    'node:crypto': locked(here(nodeKey({ type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }))),
    'OpenSSL 3': locked(openssl(keyBy('rsa', '-traditional', '-aes256', ...pass))),
    'OpenSSL 1': locked(documented(keyBy('rsa', '-traditional', '-des3', ...pass))),
    'node-forge': locked(here(forgeKey({ legacy: true }))),
  },
  'PEM with its chain': {
    'todo-cli': here(withIssuer),
    'OpenSSL 3': openssl(pemOfPfx),
    'OpenSSL 1': documented(pemOfPfx),
    'Key Vault': documented(withIssuer),
  },
  'PEM, certificate and key in two files': {
    'todo-cli': here(inTwoFiles((keyPem) => keyPem)),
    'node:crypto': here(inTwoFiles((keyPem) => keyPem)),
    'OpenSSL 3': openssl(inTwoFiles(opensslKey)),
    'OpenSSL 1': documented(inTwoFiles(opensslKey)),
    'node-forge': here(inTwoFiles(forgePkcs1)),
  },
  'DER, certificate and key in two files': {
    'node:crypto': here(nodeDer()),
    'OpenSSL 3': openssl(derBy('rsa', '-traditional')),
    'OpenSSL 1': documented(derBy('rsa', '-traditional')),
    'node-forge': here(forgeDer),
  },
  'DER, key encrypted PKCS#8': {
    'node:crypto': locked(here(nodeDer({ cipher: 'aes-256-cbc', passphrase: PASSPHRASE }))),
    'OpenSSL 3': locked(openssl(derBy('pkcs8', '-topk8', ...pass))),
    'OpenSSL 1': locked(documented(derBy('pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...pass))),
  },
  'PFX, AES-256, SHA-256 MAC': {
    'todo-cli': locked(here(own(PASSPHRASE))),
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE))),
    'OpenSSL 1': locked(
      documented(
        pkcs12(PASSPHRASE, '-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC', '-macalg', 'sha256'),
      ),
    ),
    'Java keytool': locked(keytool(false)),
    Windows: locked(documented(pkcs12(PASSPHRASE, ...windows))),
  },
  'PFX, AES, SHA-1 MAC': {
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, '-macalg', 'sha1'))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, '-keypbe', 'AES-128-CBC', '-macalg', 'sha1'))),
    'node-forge': locked(here(byForge(PASSPHRASE, { algorithm: 'aes128' }))),
  },
  'PFX, 3DES, SHA-1 MAC': {
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, ...tripleDes))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, ...tripleDes))),
    'Java keytool': locked(keytool(false, ...javaTripleDes)),
    Windows: locked(documented(pkcs12(PASSPHRASE, ...tripleDes, ...windows))),
    'node-forge': locked(here(byForge(PASSPHRASE, { algorithm: '3des' }))),
  },
  'PFX, RC2-40 and 3DES (`-legacy`)': {
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, '-legacy'))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, '-legacy'))),
    'Java keytool': locked(keytool(false, 'legacy')),
    Windows: locked(documented(pkcs12(PASSPHRASE, '-legacy', ...windows))),
  },
  'PFX, SHA-512 MAC': {
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, '-macalg', 'sha512'))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, ...tripleDes.slice(0, -1), 'sha512'))),
    'Java keytool': locked(keytool(false, 'macAlgorithm=HmacPBESHA512')),
  },
  'PFX with its chain': {
    'todo-cli': locked(here(own(PASSPHRASE, true))),
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, ...chain))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, '-legacy', ...chain))),
    'Java keytool': locked(keytool(true)),
    Windows: locked(documented(pkcs12(PASSPHRASE, ...windows, ...chain))),
    'Key Vault': documented(pkcs12('', ...tripleDes, ...windows, ...chain)),
    'node-forge': locked(here(byForge(PASSPHRASE, { algorithm: 'aes256', chain: true }))),
  },
  'PFX without a passphrase': {
    'todo-cli': here(own('')),
    'OpenSSL 3': openssl(pkcs12('')),
    'OpenSSL 1': documented(pkcs12('', '-legacy')),
    Windows: documented(pkcs12('', ...tripleDes, ...windows)),
    'Key Vault': documented(pkcs12('', ...tripleDes, ...windows)),
    'node-forge': here(byForge('', { algorithm: 'aes256' })),
  },
  'PFX without MAC': {
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, '-nomac'))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, '-legacy', '-nomac'))),
    'Java keytool': locked(keytool(false, 'macAlgorithm=NONE')),
    'node-forge': locked(here(byForge(PASSPHRASE, { algorithm: 'aes256', useMac: false }))),
  },
  'PFX, nothing encrypted': {
    'OpenSSL 3': locked(openssl(pkcs12(PASSPHRASE, '-keypbe', 'NONE', '-certpbe', 'NONE'))),
    'OpenSSL 1': locked(documented(pkcs12(PASSPHRASE, '-keypbe', 'NONE', '-certpbe', 'NONE'))),
    'node-forge': here(byForge(null, { useMac: false })),
  },
  'base64 of PFX': {
    'OpenSSL 3': locked(openssl(base64(pkcs12(PASSPHRASE)))),
    'OpenSSL 1': locked(documented(base64(pkcs12(PASSPHRASE, '-legacy')))),
    Windows: locked(documented(base64(pkcs12(PASSPHRASE, ...tripleDes, ...windows)))),
    'Key Vault': documented(base64(pkcs12('', ...tripleDes, ...windows))),
  },
}

/** In the order of the page. */
export const FORMS: readonly string[] = Object.keys(BY_FORM)

export const CERTIFICATE_FORMS: readonly Form[] = FORMS.flatMap((form) =>
  TOOLS.flatMap((tool) => {
    const maker = BY_FORM[form]?.[tool]
    return maker === undefined ? [] : [{ form, tool, ...maker }]
  }),
)
