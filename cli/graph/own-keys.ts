/**
 * An app that adds and removes its own keys, with no right in the directory: each call carries a proof of possession,
 * signed by a key that it has already, wherever that key is.
 *
 * https://learn.microsoft.com/graph/api/application-addkey, https://learn.microsoft.com/graph/application-rollkey-prooftoken
 */
import { X509Certificate } from 'node:crypto'
import { assertUsable, type ClientCertificate, verifiesWith } from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { GraphCalls } from './calls.ts'
import { keyCredentialFor } from './key-credential.ts'

/** The `aud` of a proof: Azure AD Graph, whatever the cloud. */
const AUDIENCE = '00000002-0000-0000-c000-000000000000'

/** Seconds that a proof lives; Graph takes up to ten minutes. */
const LIFETIME = 300

export interface OwnKeys {
  /** Returns the key id under which Graph has it. */
  add(leaf: X509Certificate): Promise<string>
  remove(keyId: string): Promise<void>
}

export interface OwnKeysOptions {
  /** Calls with a token of the app itself. */
  readonly calls: GraphCalls
  /** The object id of the app, which is not its client id. */
  readonly objectId: string
  /** A certificate that is registered with the app. */
  readonly certificate: ClientCertificate
}

/** Both throw AppError `graph-…`, and what signing throws. */
export function createOwnKeys({ calls, objectId, certificate }: OwnKeysOptions): OwnKeys {
  const send = async (action: 'addKey' | 'removeKey', body: object) => {
    const proof = await signProof(certificate, objectId)
    const path = `/applications/${encodeURIComponent(objectId)}/${action}`
    return calls.send({ method: 'POST', path, body: { ...body, proof }, right: 'prove' })
  }
  return {
    async add(leaf) {
      const keyCredential = keyCredentialFor(leaf)
      const { keyId } = await send('addKey', { keyCredential, passwordCredential: null })
      return typeof keyId === 'string' ? keyId : keyCredential.keyId
    },
    async remove(keyId) {
      await send('removeKey', { keyId })
    },
  }
}

/**
 * Signs a proof of possession. RS256, as in Graph's own examples.
 *
 * @throws AppError `certificate-…`, or what signing throws
 */
export async function signProof(
  certificate: ClientCertificate,
  objectId: string,
  now: Date = new Date(),
): Promise<string> {
  const leaf = new X509Certificate(certificate.chainPem[0])
  assertUsable(leaf, certificate.origin, now)
  const { sha1, x5t } = thumbprintsOf(leaf.raw)
  const nbf = Math.floor(now.getTime() / 1000)
  const header = { alg: 'RS256', typ: 'JWT', kid: sha1, x5t }
  const claims = { aud: AUDIENCE, iss: objectId, nbf, exp: nbf + LIFETIME }
  const input = `${encoded(header)}.${encoded(claims)}`
  const data = Buffer.from(input, 'ascii')
  const signature = await certificate.sign('RS256', data)
  if (verifiesWith(leaf, 'RS256', data, signature))
    return `${input}.${Buffer.from(signature).toString('base64url')}`
  throw new AppError(
    'certificate-signature-wrong',
    `the signature of ${certificate.origin} does not fit its certificate`,
    {
      hint: 'take certificate and key from the same pair: todo-cli cert create NAME',
    },
  )
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
