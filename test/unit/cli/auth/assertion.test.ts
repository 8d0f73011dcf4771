import { createPublicKey, X509Certificate } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { signAssertion } from '../../../../cli/auth/assertion.ts'
import { type ClientCertificate, clientCertificate, loadCertificate } from '../../../../core/certificate.ts'
import { AppError } from '../../../../core/errors.ts'
import { thumbprintsOf } from '../../../../core/thumbprints.ts'
import { appError } from '../../../support/app-error.ts'
import {
  type CertificateOptions,
  certificateFor,
  type KeyPair,
  pkcs8,
  rsaKeys,
} from '../../../support/certificates.ts'

const CLIENT_ID = '11111111-2222-4333-8444-555555555555'
const ENDPOINT = 'https://login.microsoftonline.com/contoso/oauth2/v2.0/token'

let keys: KeyPair
let others: KeyPair
beforeAll(async () => {
  ;[keys, others] = await Promise.all([rsaKeys(), rsaKeys()])
})

async function certificate(options: CertificateOptions = {}): Promise<ClientCertificate> {
  const pem = pkcs8(keys.privateKey) + certificateFor(keys, options)
  return clientCertificate(await loadCertificate(Buffer.from(pem), { origin: 'daemon.pem' }))
}

async function signed(alg: 'PS256' | 'RS256' = 'PS256', now?: Date) {
  const made = await certificate()
  const jwt = await signAssertion(made, {
    clientId: CLIENT_ID,
    tokenEndpoint: ENDPOINT,
    alg,
    ...(now ? { now } : {}),
  })
  return { jwt, leaf: new X509Certificate(made.chainPem[0]) }
}

describe('the client assertion', () => {
  it.each(['PS256', 'RS256'] as const)('is a JWT that verifies with the certificate: %s', async (alg) => {
    const { jwt, leaf } = await signed(alg)
    const key = createPublicKey(leaf.publicKey.export({ type: 'spki', format: 'pem' }))
    const { payload } = await jwtVerify(jwt, key, {
      algorithms: [alg],
      audience: ENDPOINT,
      issuer: CLIENT_ID,
      subject: CLIENT_ID,
    })
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'sub'])
  })

  it('has x5t#S256 with PS256, as Entra prefers, and nothing of SHA-1', async () => {
    const { jwt, leaf } = await signed('PS256')
    expect(decodeProtectedHeader(jwt)).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': thumbprintsOf(leaf.raw)['x5t#S256'],
    })
  })

  it('has x5t with RS256', async () => {
    const { jwt, leaf } = await signed('RS256')
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'RS256', typ: 'JWT', x5t: thumbprintsOf(leaf.raw).x5t })
  })

  it('lives ten minutes from the second it is made, in whole seconds', async () => {
    const now = new Date(Math.floor(Date.now() / 1000) * 1000 + 999)
    const seconds = Math.floor(now.getTime() / 1000)
    expect(decodeJwt((await signed('PS256', now)).jwt)).toMatchObject({
      nbf: seconds,
      iat: seconds,
      exp: seconds + 600,
    })
  })

  it('has an id of its own each time', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => decodeJwt((await signed()).jwt).jti))
    expect(new Set(ids).size).toBe(5)
  })
})

describe('what Entra would refuse is refused before anything is signed', () => {
  const sign = (made: ClientCertificate, now?: Date) =>
    signAssertion(made, {
      clientId: CLIENT_ID,
      tokenEndpoint: ENDPOINT,
      alg: 'PS256',
      ...(now ? { now } : {}),
    })

  async function unsigned(options: CertificateOptions) {
    let calls = 0
    const made = await certificate(options)
    const sign: ClientCertificate['sign'] = (alg, data) => {
      calls += 1
      return made.sign(alg, data)
    }
    const counted: ClientCertificate = { ...made, sign }
    return { counted, calls: () => calls }
  }

  it.each([
    ['certificate-expired', { from: -10, until: -1 }],
    ['certificate-not-yet-valid', { from: 1, until: 2 }],
  ] as const)('%s', async (code, options) => {
    const { counted, calls } = await unsigned(options)
    const { message } = await appError(code, () => sign(counted))
    expect(message).toContain('daemon.pem')
    expect(calls()).toBe(0)
  })

  it('a signature of another key', async () => {
    const wrong = clientCertificate({
      chain: [new X509Certificate(certificateFor(keys))],
      key: others.privateKey,
      origin: 'daemon.pem',
    })
    await appError('certificate-signature-wrong', () => sign(wrong))
  })

  it.each([0, 1, 256])('a signature of %i bytes that are none', async (length) => {
    const made = await certificate()
    await appError('certificate-signature-wrong', () =>
      sign({ ...made, sign: async () => new Uint8Array(length) }),
    )
  })

  it('a signature with the other padding', async () => {
    const made = await certificate()
    await appError('certificate-signature-wrong', () =>
      sign({ ...made, sign: (_, data) => made.sign('RS256', data) }),
    )
  })

  it('and the words of whoever holds the key are passed on', async () => {
    const made = await certificate()
    const refused = new AppError('vault-refused', 'no')
    await expect(sign({ ...made, sign: () => Promise.reject(refused) })).rejects.toBe(refused)
  })
})
