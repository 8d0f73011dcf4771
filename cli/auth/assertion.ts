/**
 * The client assertion: a JWT by which a client proves that it holds a certificate's key.
 *
 * RFC 7523 sections 2.2 and 3; header fields and lifetime as Entra wants them:
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
import { randomUUID, X509Certificate } from 'node:crypto'
import {
  type AssertionAlgorithm,
  assertUsable,
  type ClientCertificate,
  verifiesWith,
} from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'

/** Seconds that an assertion lives. Entra wants 5 to 10 minutes. */
export const ASSERTION_LIFETIME = 600

export interface AssertionRequest {
  readonly clientId: string
  /** The `aud`: the token endpoint. */
  readonly tokenEndpoint: string
  readonly alg: AssertionAlgorithm
  readonly now?: Date
}

/**
 * Signs a client assertion through the certificate, wherever its key is. PS256 carries `x5t#S256`, RS256 `x5t`.
 *
 * @throws AppError `certificate-expired`, `certificate-not-yet-valid`, `certificate-key-…`; `certificate-signature-wrong`
 * where the signature does not verify with the certificate, which the issuer could only call AADSTS700027; and whatever
 * `certificate.sign` throws
 */
export async function signAssertion(
  certificate: ClientCertificate,
  request: AssertionRequest,
): Promise<string> {
  const { clientId, tokenEndpoint, alg, now = new Date() } = request
  const leaf = new X509Certificate(certificate.chainPem[0])
  assertUsable(leaf, certificate.origin, now)
  const thumbprints = thumbprintsOf(leaf.raw)
  const issuedAt = Math.floor(now.getTime() / 1000)
  const header =
    alg === 'PS256'
      ? { alg, typ: 'JWT', 'x5t#S256': thumbprints['x5t#S256'] }
      : { alg, typ: 'JWT', x5t: thumbprints.x5t }
  const claims = {
    aud: tokenEndpoint,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: issuedAt,
    iat: issuedAt,
    exp: issuedAt + ASSERTION_LIFETIME,
  }
  const input = `${encode(header)}.${encode(claims)}`
  const data = Buffer.from(input, 'ascii')
  const signature = await certificate.sign(alg, data)
  if (!verifiesWith(leaf, alg, data, signature)) {
    throw new AppError(
      'certificate-signature-wrong',
      `the signature of ${certificate.origin} does not fit its certificate`,
      {
        hint: 'take certificate and key from the same pair: todo-cli cert create NAME',
      },
    )
  }
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
