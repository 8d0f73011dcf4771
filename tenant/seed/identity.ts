import { createPublicKey, type KeyObject } from 'node:crypto'
import type { buildCertificate } from '../../core/forge/x509.ts'
import { pkcs8 } from '../dev-ca.ts'

const DAY = 24 * 60 * 60 * 1000

/** A client certificate: key and certificate in one PEM, as the CLI, `az` and @azure/identity read it. */
export function clientCertificatePem(
  build: typeof buildCertificate,
  name: string,
  key: KeyObject,
  now: Date,
): string {
  const certificate = build({
    subject: [{ type: 'CN', value: name }],
    publicKey: createPublicKey(key),
    signer: { privateKey: key },
    notBefore: new Date(now.getTime() - DAY / 24),
    notAfter: new Date(now.getTime() + 365 * DAY),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
  })
  return pkcs8(key) + certificate
}
