/** Which certificate is the leaf, and which are its issuers: files hold them in any order. */
import type { KeyObject, X509Certificate } from 'node:crypto'

/** The longest chain that is followed; Entra's and public authorities' have at most four certificates. */
const CHAIN_MAX = 10

/** The leaf first, then its issuers up to the root, as far as they are in `others`. What is not of the chain is left out. */
export function chainOf(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
): [leaf: X509Certificate, ...issuers: X509Certificate[]] {
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf]
  for (let at = leaf; chain.length < CHAIN_MAX && !isSelfIssued(at); ) {
    const issuer = others.find((other) => !chain.includes(other) && isIssuedBy(at, other))
    if (issuer === undefined) break
    chain.push(issuer)
    at = issuer
  }
  return chain
}

/** The certificates that issued none of the others, by their names. A file of one chain has exactly one. */
export function leavesOf(certificates: readonly X509Certificate[]): X509Certificate[] {
  const issuers = new Set(certificates.filter((one) => !isSelfIssued(one)).map(({ issuer }) => issuer))
  return certificates.filter(({ subject }) => !issuers.has(subject))
}

/** True when `issuer` signed `certificate`: its name is there, and its key verifies the signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && verifies(certificate, issuer)
}

/** True for a certificate that names itself as its issuer. */
export function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject
}

/** True when the private key is the certificate's own. False for a public key of a kind that OpenSSL does not know. */
export function fits(certificate: X509Certificate, key: KeyObject): boolean {
  return certificate.checkPrivateKey(key)
}

/** Certificates without repetitions. */
export function distinct(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint256, one])).values()]
}

function verifies(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    return false // OpenSSL does not know the kind of the issuer's key.
  }
}
