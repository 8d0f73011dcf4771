/** A folder with certificate files of every kind, and todo-cli run against it. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import { writePfx } from '../../core/forge/pkcs12-writer.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from './certificates.ts'
import { type CliOptions, type CliResult, runCli, temporaryHome } from './cli.ts'

export const PASSPHRASE = 'open sesame'

export interface CertificateFolder {
  readonly folder: string
  keys(): KeyPair
  /** The certificate of `keys`, in PEM. */
  certificate(): string
  path(name: string): string
  write(name: string, data: string | Uint8Array): string
  read(name: string): string
  exists(name: string): boolean
  /** Permission bits in octal, for instance `600`. */
  mode(name: string): string
  /** Runs `todo-cli cert …`; words that start with `./` are files of the folder. */
  cert(line: string, options?: CliOptions): Promise<CliResult>
  /** The same with `--json`: what it answered. */
  json(line: string, options?: CliOptions): Promise<unknown>
}

/** `good.pem` good.crt good.pfx locked.pem locked.pfx expired.pem soon.pem mismatch.pem, made before the tests of a file. */
export function withCertificates(): CertificateFolder {
  const { folder, env } = temporaryHome()
  let made: { keys: KeyPair; certificate: string } | undefined
  const present = () => {
    if (made === undefined) throw new Error('certificates are there within tests only')
    return made
  }
  const path = (name: string) => join(folder, name)
  const self: CertificateFolder = {
    folder,
    keys: () => present().keys,
    certificate: () => present().certificate,
    path,
    write(name, data) {
      writeFileSync(path(name), data, { mode: 0o600 })
      chmodSync(path(name), 0o600)
      return path(name)
    },
    read: (name) => readFileSync(path(name), 'utf8'),
    exists: (name) => existsSync(path(name)),
    mode: (name) => (statSync(path(name)).mode & 0o777).toString(8),
    cert(line, options = {}) {
      const words = line.split(' ').map((word) => (word.startsWith('./') ? path(word.slice(2)) : word))
      return runCli(['cert', ...words], { ...options, env: { ...env, ...options.env } })
    },
    async json(line, options) {
      const { stdout, exitCode, stderr } = await self.cert(`${line} --json`, options)
      if (stdout === '') throw new Error(`exit code ${exitCode}: ${stderr}`)
      return JSON.parse(stdout)
    },
  }
  beforeAll(async () => {
    const [keys, others] = await Promise.all([rsaKeys(), rsaKeys()])
    const certificate = certificateFor(keys, { until: 100.5 })
    made = { keys, certificate }
    const key = pkcs8(keys.privateKey)
    const der = keys.privateKey.export({ type: 'pkcs8', format: 'der' })
    const pfx = (passphrase: string) =>
      writePfx({ certificates: [derOf(certificate)], key: der, passphrase, friendlyName: 'daemon' })
    self.write('good.pem', key + certificate)
    self.write('good.crt', certificate)
    self.write('good.pfx', pfx(''))
    self.write('locked.pem', pkcs8(keys.privateKey, PASSPHRASE) + certificate)
    self.write('locked.pfx', pfx(PASSPHRASE))
    self.write('expired.pem', key + certificateFor(keys, { cn: 'expired', from: -9, until: -1.5 }))
    self.write('soon.pem', key + certificateFor(keys, { cn: 'soon', from: -70, until: 20.5 }))
    self.write('mismatch.pem', pkcs8(others.privateKey) + certificate)
  })
  return self
}
