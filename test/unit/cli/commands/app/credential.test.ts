import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keyIdFor, thumbprintOfCredential } from '../../../../../cli/graph/key-credential.ts'
import { signProof } from '../../../../../cli/graph/own-keys.ts'
import { clientCertificate } from '../../../../../core/certificate.ts'
import { appError } from '../../../../support/app-error.ts'
import { certificateFor, type KeyPair, pkcs8, rsaKeys } from '../../../../support/certificates.ts'
import { ALL_ROLES, withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let keys: KeyPair
let count = 0
let name = ''
// biome-ignore lint/suspicious/noExplicitAny: what app create answers
let made: any

const file = (ending: string) => join(at().folder, `${name}.${ending}`)
const credential = (...argv: readonly string[]) => ['app', 'credential', ...argv, '--profile', name]
const registered = async () =>
  (await at().graph(`/applications/${made.client.objectId}?$select=keyCredentials,passwordCredentials`)).body

/** A certificate file of the same key with another name: cheap to make. */
async function certificate(cn: string, until = 100): Promise<string> {
  const path = join(at().folder, `${cn}.pem`)
  await writeFile(path, pkcs8(keys.privateKey) + certificateFor(keys, { cn, until, from: -200 }), {
    mode: 0o600,
  })
  return path
}

beforeEach(async () => {
  keys ??= await rsaKeys()
  count += 1
  name = `daemon-${count}`
  const flags = ['--api-name', `api-${count}`, '--client-name', name, '--api-env', file('env'), '--wait', '0']
  made = await at().json(['app', 'create', ...flags, '--certificate', await certificate(`${name}-first`)])
})

afterEach(() => at().permit(...ALL_ROLES))

describe('app credential add', () => {
  test('appends, and leaves the others byte for byte', async () => {
    await at().graph(`/applications/${made.client.objectId}/addPassword`, 'POST', {})
    const before = await registered()
    const { added } = await at().json(credential('add', await certificate(`${name}-second`)))
    const after = await registered()
    expect(added).toBe(true)
    expect(after.keyCredentials.slice(0, -1)).toEqual(before.keyCredentials)
    expect(after.passwordCredentials).toEqual(before.passwordCredentials)
    expect(after.keyCredentials.at(-1)).toMatchObject({ displayName: `CN=${name}-second`, usage: 'Verify' })
  })

  test('does nothing where it is registered already', async () => {
    at().exchanges.length = 0
    expect(await at().json(credential('add', join(at().folder, `${name}-first.pem`)))).toMatchObject({
      added: false,
    })
    expect(at().writes()).toEqual([])
  })

  test('without rights in the directory proves itself with the present certificate', async () => {
    at().permit()
    const second = await certificate(`${name}-second`)
    const { exitCode, stderr } = await at().cli(credential('add', second))
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('proves itself'),
    })
    expect((await registered()).keyCredentials).toHaveLength(2)
    const claims = await at().json([
      'token',
      'show',
      '--profile',
      name,
      '--certificate-file',
      second,
      '--no-cache',
    ])
    expect(claims.roles).toHaveLength(2)
  })

  test('with --proof asks nobody else', async () => {
    at().exchanges.length = 0
    await at().json(credential('add', await certificate(`${name}-second`), '--proof'))
    expect(at().writes()).toEqual(['POST /v1.0/applications/ID/addKey'])
  })

  test('without rights, and with no way to prove itself, says which right it takes', async () => {
    at().permit()
    const { exitCode, stderr } = await at().cli([
      'app',
      'credential',
      'add',
      await certificate(`${name}-second`),
      '--client-id',
      made.client.clientId,
    ])
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('Directory Readers'),
    })
  })

  test.each<[string, string[], number, RegExp]>([
    ['a proof by a secret', ['--proof', '--auth', 'secret'], 2, /--auth cert/],
    ['a proof for another app', ['--proof', '--object-id', crypto.randomUUID()], 1, /does not exist/],
  ])('refuses %s', async (_, flags, code, message) => {
    const { exitCode, stderr } = await at().cli(
      credential('add', await certificate(`${name}-second`), ...flags),
    )
    expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: expect.stringMatching(message) })
    expect((await registered()).keyCredentials).toHaveLength(1)
  })

  test('refuses an expired certificate before any request', async () => {
    const expired = await certificate(`${name}-old`, -1)
    at().exchanges.length = 0
    expect((await at().cli(credential('add', expired))).exitCode).toBe(2)
    expect(at().exchanges).toEqual([])
  })
})

describe('app credential list', () => {
  test('shows certificates and secrets with the days that they have left', async () => {
    await at().graph(`/applications/${made.client.objectId}/addPassword`, 'POST', {})
    expect(await at().json(credential('list'))).toMatchObject([
      { kind: 'certificate', daysLeft: 99, thumbprint: made.thumbprint },
      { kind: 'secret', thumbprint: null },
    ])
  })
})

describe('app show', () => {
  test('says null for the thumbprint of a secret, and to a person its name alone', async () => {
    const named = { passwordCredential: { displayName: 'of a pipeline' } }
    await at().graph(`/applications/${made.client.objectId}/addPassword`, 'POST', named)
    const { client } = await at().json(['app', 'show', '--profile', name])
    expect(client.credentials).toMatchObject([
      { kind: 'certificate', thumbprint: made.thumbprint },
      { kind: 'secret', thumbprint: null, displayName: 'of a pipeline' },
    ])
    const { stdout } = await at().cli(['app', 'show', '--profile', name])
    expect(stdout).toMatch(/secret\tof a pipeline, until /)
    expect(stdout).not.toContain('null')
  })
})

describe('app credential remove', () => {
  const only = async () => (await registered()).keyCredentials[0].keyId as string

  test('takes one by its key id, and leaves the others byte for byte', async () => {
    await at().json(credential('add', await certificate(`${name}-second`)))
    const [first, second] = (await registered()).keyCredentials
    await at().json(credential('remove', first.keyId))
    expect((await registered()).keyCredentials).toEqual([second])
  })

  test('takes one by its thumbprint, colons or not', async () => {
    await at().json(credential('add', await certificate(`${name}-second`)))
    await at().json(credential('remove', made.thumbprint.replace(/(..)(?!$)/g, '$1:')))
    expect((await registered()).keyCredentials).toMatchObject([{ displayName: `CN=${name}-second` }])
  })

  test('takes a secret', async () => {
    const { body } = await at().graph(`/applications/${made.client.objectId}/addPassword`, 'POST', {})
    await at().json(credential('remove', body.keyId))
    expect((await registered()).passwordCredentials).toEqual([])
  })

  test('refuses the last one that works', async () => {
    const { exitCode, stderr } = await at().cli(credential('remove', await only()))
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('add --force'),
    })
    expect((await registered()).keyCredentials).toHaveLength(1)
  })

  test('with --force takes the last one, too', async () => {
    await at().json(credential('remove', await only(), '--force'))
    expect((await registered()).keyCredentials).toEqual([])
  })

  test('with --proof needs no rights, and still refuses the one that signs the proof', async () => {
    at().permit()
    const second = await certificate(`${name}-second`)
    await at().json(credential('add', second, '--proof'))
    const keyId = await only()
    expect((await at().cli(credential('remove', keyId, '--proof'))).exitCode).toBe(2)
    const env = { TODO_CLI_CERT_PRIVATE_KEY_FILE: second }
    await at().json(credential('remove', keyId, '--proof'), env)
    expect((await registered()).keyCredentials).toMatchObject([{ displayName: `CN=${name}-second` }])
  })

  test.each(['', crypto.randomUUID(), '0'.repeat(40), 'x'])(
    'refuses %j, which it does not have',
    async (given) => {
      const { exitCode, stderr } = await at().cli(credential('remove', given))
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('app credential list'),
      })
    },
  )
})

describe('a proof of possession', () => {
  const signer = () => {
    const chain = [new X509Certificate(certificateFor(keys))] as const
    return clientCertificate({ chain, key: keys.privateKey, origin: 'test' })
  }
  const part = (proof: string, index: number) =>
    JSON.parse(Buffer.from(proof.split('.')[index] ?? '', 'base64url').toString())

  test('has the claims of the page of Graph, and the signature of the certificate', async () => {
    const proof = await signProof(signer(), 'object-id')
    const claims = part(proof, 1)
    expect(claims).toMatchObject({ aud: '00000002-0000-0000-c000-000000000000', iss: 'object-id' })
    expect(claims.exp - claims.nbf).toBeLessThanOrEqual(600)
    expect(part(proof, 0)).toMatchObject({ alg: 'RS256', typ: 'JWT', x5t: expect.any(String) })
    const [header, body, signature = ''] = proof.split('.')
    const key = createPublicKey(keys.privateKey)
    expect(verify('sha256', Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    )
  })

  test('is not made by a key of another certificate', async () => {
    const other = await rsaKeys()
    const chain = [new X509Certificate(certificateFor(other))] as const
    const wrong = clientCertificate({ chain, key: keys.privateKey, origin: 'test' })
    await appError('certificate-signature-wrong', () => signProof(wrong, 'object-id'))
  })
})

describe('the id of a key', () => {
  test('is a UUID that follows from the certificate', () => {
    const leaf = new X509Certificate(certificateFor(keys))
    expect(keyIdFor(leaf)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(keyIdFor(leaf)).toBe(keyIdFor(new X509Certificate(leaf.raw)))
  })

  test.each<[string, object, string | undefined]>([
    ['hexadecimal', { customKeyIdentifier: 'ab'.repeat(20) }, 'AB'.repeat(20)],
    ['base64', { customKeyIdentifier: Buffer.alloc(20, 0xab).toString('base64') }, 'AB'.repeat(20)],
    ['the certificate itself', { key: '' }, undefined],
  ])('and its thumbprint are read from %s', (_, entry, expected) => {
    expect(thumbprintOfCredential(entry)).toBe(expected)
  })
})
