import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { certificateFor, type KeyPair, pkcs8, rsaKeys } from '../../../../support/certificates.ts'
import { withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let keys: KeyPair
// biome-ignore lint/suspicious/noExplicitAny: what app create answers
let made: any

const folder = () => join(at().folder, 'mine')
const list = (...flags: readonly string[]) =>
  at().cli(['cert', 'list', '--all', '--folder', folder(), '--profile', 'listed', ...flags])
const rows = async () => JSON.parse((await list('--json')).stdout)
const row = async (name: string) =>
  (await rows()).find(({ certificate }: { certificate: string }) => basename(certificate) === name)

async function certificate(name: string, until: number): Promise<string> {
  const path = join(folder(), `${name}.pem`)
  await writeFile(path, pkcs8(keys.privateKey) + certificateFor(keys, { cn: name, until, from: -200 }), {
    mode: 0o600,
  })
  return path
}

beforeAll(async () => {
  keys = await rsaKeys()
  await mkdir(folder())
  const flags = [
    '--api-name',
    'listed-api',
    '--client-name',
    'listed',
    '--api-env',
    join(at().folder, 'env'),
    '--wait',
    '0',
  ]
  made = await at().json(['app', 'create', ...flags, '--certificate', await certificate('used', 100)])
  await certificate('unused', 100)
  await at().json(['app', 'credential', 'add', join(at().folder, 'operator.pem'), '--profile', 'listed'])
}, 60_000)

describe('cert list --all', () => {
  test('says of each certificate whether it is registered, and where else it is', async () => {
    expect(await row('used.pem')).toMatchObject({
      thumbprint: made.thumbprint,
      registered: true,
      alsoIn: [join(folder(), 'used.crt')],
      remarks: [],
    })
  })

  test('says what nobody uses', async () => {
    expect(await row('unused.pem')).toMatchObject({
      registered: false,
      remarks: ['not registered with this app'],
    })
  })

  test('shows what is registered and nowhere else', async () => {
    const alone = (await rows()).find(({ certificate }: { certificate: string }) =>
      certificate.startsWith('app:'),
    )
    expect(alone).toMatchObject({ registered: true, remarks: ['registered, and its key is not here'] })
  })

  test('shows the vault beside them', async () => {
    expect(await row(`vault:${at().tenant.vaultCertificateName}`)).toMatchObject({ registered: false })
  })

  test('ends with 0 where nothing is due, and with 1 where something ends soon', async () => {
    expect((await list()).exitCode).toBe(0)
    await certificate('soon', 10)
    expect((await list()).exitCode).toBe(1)
    expect(await row('soon.pem')).toMatchObject({
      remarks: ['ends soon', 'not registered with this app'],
    })
  })

  test('warns where the registration can not be read, and lists the rest', async () => {
    at().permit()
    const { stdout, stderr } = await list()
    expect(stderr).toContain('warning: the registration can not be read')
    expect(stdout).toMatch(/used\.pem.*\t\?\t/)
  })
})
