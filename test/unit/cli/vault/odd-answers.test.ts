/** What the local vault never answers, but a vault could. */

import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importVaultCertificate } from '../../../../cli/vault/import.ts'
import { listVaultCertificates } from '../../../../cli/vault/list.ts'
import { removeVaultCertificate } from '../../../../cli/vault/remove.ts'
import { readVaultSecret } from '../../../../cli/vault/secret.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { vaultError, withStubVault } from '../../../support/stub-vault.ts'

const stub = withStubVault()
const { signal } = new AbortController()
let keys: KeyPair
let pem: string
beforeAll(async () => {
  keys = await rsaKeys()
  pem = certificateFor(keys)
})
beforeEach(() => void stub().traced.splice(0))

const json = (response: ServerResponse, body: object | undefined, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body))
const bundle = (more: object = {}) => ({
  id: `${stub().url}/certificates/daemon/${'a'.repeat(32)}`,
  kid: `${stub().url}/keys/daemon/${'a'.repeat(32)}`,
  cer: derOf(pem).toString('base64'),
  attributes: { enabled: true },
  ...more,
})

describe('an import', () => {
  const bring = async (exportable: boolean) =>
    importVaultCertificate(
      await stub().access(),
      {
        name: 'daemon',
        certificate: { chain: [new X509Certificate(pem)], key: keys.privateKey },
        exportable,
      },
      signal,
    )
  let sent = ''
  const answerWith = (policy: object | undefined) => {
    stub().answer = (request, response) => {
      if (request.method !== 'POST') return json(response, bundle())
      sent = ''
      request.on('data', (chunk) => {
        sent += chunk
      })
      request.on('end', () => json(response, bundle({ policy })))
      return undefined
    }
  }

  it('says to the vault that the key may not leave it, although the client drops the policy that it is given', async () => {
    answerWith({ key_props: { exportable: false } })
    await bring(false)
    const { policy } = JSON.parse(sent)
    expect(policy.key_props).toMatchObject({ exportable: false, kty: 'RSA', key_size: 2048 })
    expect(policy.secret_props).toEqual({ contentType: 'application/x-pem-file' })
  })

  it.each([{ key_props: { exportable: true } }, { key_props: {} }, {}, undefined])(
    'is not taken for done where the vault answers with the policy %j',
    async (policy) => {
      answerWith(policy)
      const { message, hint } = await appError('vault-failed', () => bring(false))
      expect(message).toContain('lets its key be exported')
      expect(hint).toContain('todo-cli cert remove')
    },
  )

  it('of a key that may leave the vault asks for nothing more', async () => {
    answerWith({ key_props: { exportable: true } })
    expect((await bring(true)).id).toContain('/certificates/daemon/')
  })
})

describe('a removal', () => {
  const remove = async (purge: boolean) =>
    removeVaultCertificate(await stub().access(), 'daemon', { purge }, signal)
  const deleted = (recoveryLevel: string) => ({
    ...bundle({ attributes: { enabled: true, recoveryLevel } }),
    recoveryId: `${stub().url}/deletedcertificates/daemon`,
    deletedDate: 1_700_000_000,
    scheduledPurgeDate: 1_900_000_000,
  })
  const answerWith = (recoveryLevel: string) => {
    stub().answer = (request: IncomingMessage, response: ServerResponse) => {
      const purges = request.method === 'DELETE' && request.url?.includes('deletedcertificates')
      return json(response, purges ? undefined : deleted(recoveryLevel), purges ? 204 : 200)
    }
  }

  it('with --purge stops where the vault has purge protection, and says that it is deleted', async () => {
    answerWith('Recoverable')
    const { message, details } = await appError('vault-refused', () => remove(true))
    expect(message).toContain('purge protection')
    expect(details).toEqual(['"daemon" is deleted, but not purged: recoverable until 2030-03-17'])
    expect(stub().traced.filter((line) => line.startsWith('DELETE'))).toEqual(['DELETE 401', 'DELETE 200'])
  })

  it.each(['Recoverable+Purgeable', 'CustomizedRecoverable+Purgeable'])(
    'with --purge ends a %s one',
    async (level) => {
      answerWith(level)
      expect(await remove(true)).toEqual({ state: 'purged', recoverableUntil: undefined })
    },
  )

  it('without it tells until when it can be recovered', async () => {
    answerWith('Recoverable')
    expect(await remove(false)).toEqual({ state: 'deleted', recoverableUntil: new Date(1_900_000_000_000) })
  })

  it('that may not look whether it is deleted already tells that there is none', async () => {
    stub().answer = (request, response) =>
      request.method === 'DELETE'
        ? vaultError(404, 'CertificateNotFound', 'none')(request, response)
        : vaultError(403, 'Forbidden', 'no')(request, response)
    await appError('vault-refused', () => remove(false))
  })
})

describe('a secret', () => {
  const read = async () => readVaultSecret(await stub().access(), { name: 'daemon' }, signal)
  const answerWith = (secret: object) => {
    stub().answer = (_request, response) =>
      json(response, { id: `${stub().url}/secrets/daemon/1`, attributes: { enabled: true }, ...secret })
  }

  it.each([undefined, 'text/plain', 'application/json', ''])(
    'of the content type %j is not that of a certificate',
    async (contentType) => {
      answerWith({ value: pkcs8(keys.privateKey) + pem, contentType })
      const { message } = await appError('certificate-not-recognised', read)
      expect(message).not.toContain('PRIVATE')
    },
  )

  it('without a value is missing', async () => {
    answerWith({ contentType: 'application/x-pem-file' })
    await appError('vault-certificate-missing', read)
  })

  it.each(['application/x-pkcs12', 'application/x-pem-file'])(
    'of %s with rubbish in it is told without it',
    async (contentType) => {
      answerWith({ value: 'c2VjcmV0IHJ1YmJpc2g=', contentType })
      const error = await read().catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^certificate-/) })
      expect(String(error)).not.toContain('c2VjcmV0')
    },
  )
})

describe('a list', () => {
  it('with a certificate without a name is refused, and not guessed', async () => {
    stub().answer = (_request, response) => json(response, { value: [{ attributes: {} }], nextLink: null })
    await expect(
      stub()
        .access()
        .then((access) => listVaultCertificates(access, signal)),
    ).rejects.toMatchObject({
      code: 'vault-failed',
    })
  })
})
