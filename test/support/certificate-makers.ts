/** How each tool makes a certificate file: by itself where it can run here, by its documented parameters where it can not. */
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

export type Make = (pair: Pair, folder: string) => Made

export const PASSPHRASE = 'correct horse'

const der = (pem: string) => new X509Certificate(pem).raw
const pkcs8Der = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** Key, then certificate, as they are. */
export const plain: Make = ({ keyPem, certificatePem }) => ({ bytes: Buffer.from(keyPem + certificatePem) })
export const withIssuer: Make = ({ keyPem, certificatePem, issuerPem }) => ({
  bytes: Buffer.from(keyPem + certificatePem + issuerPem),
})

/** The same, the certificate in one file and the key in another. */
export const inTwoFiles = (keyOf: (keyPem: string, folder: string) => string): Make => {
  return ({ keyPem, certificatePem }, folder) => ({
    bytes: Buffer.from(certificatePem),
    key: Buffer.from(keyOf(keyPem, folder)),
  })
}

/** What `make` gives, in base64. */
export const base64 = (make: Make): Make => {
  return (pair, folder) => ({ bytes: Buffer.from(Buffer.from(make(pair, folder).bytes).toString('base64')) })
}

/** `openssl pkcs12 -export` with more arguments. */
export const pkcs12 = (passphrase: string, ...more: string[]): Make => {
  return ({ keyPem, certificatePem, issuerPem }, folder) => {
    const input = { 'key.pem': keyPem, 'cert.pem': certificatePem, 'ca.pem': issuerPem }
    for (const [name, pem] of Object.entries(input)) writeFileSync(join(folder, name), pem)
    const files = ['-inkey', 'key.pem', '-in', 'cert.pem', '-out', 'out.pfx', '-name', 'daemon']
    runTool('openssl', ['pkcs12', '-export', ...files, '-passout', `pass:${passphrase}`, ...more], folder)
    return { bytes: readFileSync(join(folder, 'out.pfx')) }
  }
}

/** `openssl` over the key, its output put before the certificate. */
export const keyBy = (...args: string[]): Make => {
  return ({ keyPem, certificatePem }, folder) => ({
    bytes: Buffer.from(runTool('openssl', args, folder, keyPem) + certificatePem),
  })
}

/** Certificate and key in DER, the key by `openssl` with these arguments. */
export const derBy = (...args: string[]): Make => {
  return ({ keyPem, certificatePem }, folder) => {
    runTool('openssl', ['x509', '-outform', 'DER', '-out', 'cert.der'], folder, certificatePem)
    runTool('openssl', [...args, '-outform', 'DER', '-out', 'key.der'], folder, keyPem)
    return { bytes: readFileSync(join(folder, 'cert.der')), key: readFileSync(join(folder, 'key.der')) }
  }
}

/** A PFX file with its chain, turned into PEM by OpenSSL, which writes attributes around the blocks. */
export const pemOfPfx: Make = (pair, folder) => {
  writeFileSync(join(folder, 'chain.pfx'), pkcs12('x', '-certfile', 'ca.pem')(pair, folder).bytes)
  const args = ['pkcs12', '-in', 'chain.pfx', '-nodes', '-passin', 'pass:x']
  return { bytes: Buffer.from(runTool('openssl', args, folder)) }
}

/** node:crypto's own export of the key, after the certificate. */
export const nodeKey = (options: object): Make => {
  return ({ keyPem, certificatePem }) => {
    const key = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'pem', ...options } as never)
    return { bytes: Buffer.concat([Buffer.from(certificatePem), Buffer.from(key as string)]) }
  }
}

export const nodeDer = (options: object = {}): Make => {
  return ({ keyPem, certificatePem }) => ({
    bytes: der(certificatePem),
    key: createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der', ...options } as never) as Buffer,
  })
}

/** Our own PFX. */
export const own = (passphrase: string, withChain = false): Make => {
  return ({ keyPem, certificatePem, issuerPem }) => ({
    bytes: writePfx({
      certificates: withChain ? [der(certificatePem), der(issuerPem)] : [der(certificatePem)],
      key: pkcs8Der(keyPem),
      passphrase,
      friendlyName: 'daemon',
    }),
  })
}

const { pki } = forge

export const forgeKey = (options: object = {}): Make => {
  return ({ keyPem, certificatePem }) => {
    const key = pki.encryptRsaPrivateKey(pki.privateKeyFromPem(keyPem), PASSPHRASE, {
      algorithm: 'aes256',
      ...options,
    })
    return { bytes: Buffer.from(key + certificatePem) }
  }
}

export const forgePkcs1 = (keyPem: string) => pki.privateKeyToPem(pki.privateKeyFromPem(keyPem))
export const forgePkcs8 = (keyPem: string) =>
  pki.privateKeyInfoToPem(pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(pki.privateKeyFromPem(keyPem))))

export const forgeDer: Make = ({ keyPem, certificatePem }) => {
  const bytes = (node: forge.asn1.Asn1) => latin1(forge.asn1.toDer(node).getBytes())
  return {
    bytes: bytes(pki.certificateToAsn1(pki.certificateFromPem(certificatePem))),
    key: bytes(pki.privateKeyToAsn1(pki.privateKeyFromPem(keyPem))),
  }
}

interface ForgePfx {
  readonly algorithm?: '3des' | 'aes128' | 'aes256'
  readonly useMac?: boolean
  readonly chain?: boolean
}

/** null: nothing is encrypted. */
export const byForge = (passphrase: string | null, { chain = false, ...options }: ForgePfx = {}): Make => {
  return ({ keyPem, certificatePem, issuerPem }) => {
    const certificates = (chain ? [certificatePem, issuerPem] : [certificatePem]).map((pem) =>
      pki.certificateFromPem(pem),
    )
    const pfx = forge.pkcs12.toPkcs12Asn1(
      pki.privateKeyFromPem(keyPem),
      certificates,
      passphrase as string,
      options as never,
    )
    return { bytes: latin1(forge.asn1.toDer(pfx).getBytes()) }
  }
}

/** keytool makes its own pairs only, so a PFX of ours goes in and another comes out. */
export const byKeytool = (withChain: boolean, ...options: string[]): Make => {
  return (pair, folder) => {
    writeFileSync(join(folder, 'source.p12'), own(PASSPHRASE, withChain)(pair, folder).bytes)
    const stores = ['-srckeystore', 'source.p12', '-destkeystore', 'java.p12', '-deststoretype', 'PKCS12']
    const passwords = ['-srcstorepass', PASSPHRASE, '-deststorepass', PASSPHRASE]
    const settings = options.map((option) => `-J-Dkeystore.pkcs12.${option}`)
    runTool('keytool', [...settings, '-importkeystore', '-noprompt', ...stores, ...passwords], folder)
    return { bytes: readFileSync(join(folder, 'java.p12')) }
  }
}
