/** Certification requests, PKCS#10 (RFC 2986): node-forge builds the structure, node:crypto signs it. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import forge from 'node-forge'
import { attribute, type NameAttribute } from './x509.ts'

const { asn1, pki } = forge

export interface RequestSpec {
  readonly subject: readonly NameAttribute[]
  readonly privateKey: KeyObject
}

/** Builds and signs a request with SHA-256 and RSA. Returns DER. */
export function buildCertificateRequest({ subject, privateKey }: RequestSpec): Buffer {
  const request = pki.createCertificationRequest()
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
  request.publicKey = pki.publicKeyFromPem(spki.toString())
  request.setSubject(subject.map(attribute))
  const signer = {
    sign: () => {
      const { certificationRequestInfo } = request as unknown as { certificationRequestInfo: forge.asn1.Asn1 }
      const info = asn1.toDer(certificationRequestInfo).getBytes()
      return sign('sha256', Buffer.from(info, 'binary'), privateKey).toString('binary')
    },
  }
  request.sign(signer as never, forge.md.sha256.create())
  return Buffer.from(asn1.toDer(pki.certificationRequestToAsn1(request)).getBytes(), 'binary')
}
