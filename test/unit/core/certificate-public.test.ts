/** The certificate of a file alone: what `cert show` and `cert thumbprint` read, without needing the key. */
import type { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { loadPublicCertificate, loadPublicChain } from '../../../core/certificate-file.ts'
import { toPem } from '../../../core/pem.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, certificatesForFiles, derOf, pkcs8 } from '../../support/certificates.ts'

const origin = 'certs/daemon.pem'
const { keys, otherKeys, crt, otherCrt, key, ca, root, issued } = await certificatesForFiles()

const read = (text: string | Buffer) => loadPublicCertificate(Buffer.from(text), { origin })
const names = (chain: readonly X509Certificate[]) => chain.map(({ subject }) => subject)

it.each([
  ['a certificate alone', () => crt],
  ['DER', () => derOf(crt)],
  ['a certificate with its key', () => key + crt],
  ['a certificate with an encrypted key, and no passphrase', () => pkcs8(keys.privateKey, 'p') + crt],
  ['a certificate with a damaged key', () => crt + toPem('PRIVATE KEY', Buffer.from([0x30, 0]))],
])('%s is read', async (_, text) => expect((await read(text())).raw).toEqual(derOf(crt)))

it('the leaf of a chain is found in any order without its key', async () => {
  for (const text of [
    issued + ca.pem + root.pem,
    root.pem + ca.pem + issued,
    pkcs8(keys.privateKey, 'p') + ca.pem + issued,
  ])
    expect((await read(text)).subject).toBe('CN=issued')
  expect(names(await loadPublicChain(Buffer.from(root.pem + ca.pem + issued), { origin }))).toHaveLength(3)
})

it('the leaf of a chain stays the leaf beside the key of its authority', async () => {
  expect((await read(ca.pem + issued + pkcs8(ca.keys.privateKey))).subject).toBe('CN=issued')
})

it('the leaf among strangers is found by the key that is there, whatever other keys are', async () => {
  const strange = pkcs8(root.keys.privateKey)
  for (const text of [key, key + strange, strange + key, pkcs8(otherKeys.privateKey, 'p') + key])
    expect((await read(otherCrt + crt + text)).subject).toBe('CN=daemon')
})

it('nobody guesses between certificates that do not belong together', async () => {
  const again = certificateFor(keys, { cn: 'daemon', until: 20 })
  for (const text of [otherCrt + crt, crt + again, otherCrt + crt + pkcs8(root.keys.privateKey)])
    await appError('certificate-two-leaves', () => read(text))
})

it('a key alone is refused, and the message says what is there', async () => {
  const { message } = await appError('certificate-no-certificate', () => read(key))
  expect(message).toContain('has a private key, but no certificate')
})

it('a damaged certificate is refused', async () => {
  const der = derOf(crt).fill(0, 4)
  await appError('certificate-malformed', () => read(toPem('CERTIFICATE', der)))
})
