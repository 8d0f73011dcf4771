import { beforeAll, expect, it } from 'vitest'
import { expectError, runCli } from '../../../../support/cli.ts'
import { withVault } from '../../../../support/vault.ts'

const vault = withVault()
let name: string
beforeAll(async () => {
  name = await vault().created({ validityInMonths: 12 })
})

const cert = (line: string) => runCli(['cert', ...line.split(' ')], { env: vault().env() })

it('cert needs-renewal answers for a vault with the same exit codes', async () => {
  const lines = [
    `vault:${name}`,
    `vault:${name} --expires-in 9999d`,
    'vault:none',
    'vault:none/1',
    'vault:a_b',
  ]
  const results = await Promise.all(lines.map((line) => cert(`needs-renewal ${line}`)))
  expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 0, 2, 255, 255])
})

it.each(['show', 'verify', 'thumbprint', 'needs-renewal'])(
  'cert %s needs certificates/get and nothing else',
  async (verb) => {
    vault().permit({ certificates: ['get'] })
    vault().exchanges.splice(0)
    expect((await cert(`${verb} vault:${name}`)).stderr).not.toContain('error')
    expect(
      vault()
        .wire()
        .map((line) => line.split(' ').at(-1)),
    ).toEqual(['401', '200'])
    vault().permitAll()
  },
)

it.each([
  ['show vault:none', 'has no certificate "none"'],
  ['export vault:none --out none.crt', 'has no certificate "none"'],
  ['verify https://vault.example/keys/x', 'not the address'],
  ['thumbprint vault:', 'is empty'],
])('cert %s is an error in one line', async (line, message) => {
  expectError(await cert(line), 2, message)
})
