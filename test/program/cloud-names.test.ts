/** With variables alone, without a profile; all else of it is in ../soak/transcripts-cloud-names.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox, type Sandbox } from '../support/child.ts'

let starter: Sandbox
let sandbox: Sandbox
let variables: Record<string, string>

beforeAll(async () => {
  starter = await createSandbox()
  expect(await starter.todoCli('local', 'start', '--cloud-names')).toMatchObject({ exitCode: 0 })
  variables = JSON.parse(
    (await starter.todoCli('local', 'env', '--json', '--with-identity')).stdout,
  ) as Record<string, string>
  sandbox = await createSandbox(variables)
}, 60_000)

afterAll(async () => {
  await starter.todoCli('local', 'stop')
  await starter.remove()
  await sandbox.remove()
})

describe("todo-cli against the local tenant under the cloud's own names", () => {
  it('has a production configuration: only proxy and CA are of this machine', () => {
    expect(variables).toMatchObject({
      AUTHORITY: expect.stringMatching(/^https:\/\/login\.microsoftonline\.com\//) as string,
      KEY_VAULT_URL: expect.stringMatching(/^https:\/\/[\w-]+\.vault\.azure\.net$/) as string,
      TODO_CLI_GRAPH_URL: 'https://graph.microsoft.com/v1.0',
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com',
      HTTPS_PROXY: expect.stringMatching(/^http:\/\/localhost:\d+$/) as string,
    })
  })

  it.each(['secret', 'cert', 'keyvault'])('lists todos with --auth %s', async (auth) => {
    const { exitCode, stdout, stderr } = await sandbox.todoCli('todos', 'list', '--auth', auth)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('Water plants')
  })

  it('asks the issuer for nothing but a token: MSAL knows the metadata of the cloud', async () => {
    const { stderr } = await sandbox.todoCli('token', 'get', '--no-cache', '--verbose')
    expect(stderr.match(/^> /gm)).toHaveLength(1)
    expect(stderr).toMatch(/^> POST https:\/\/login\.microsoftonline\.com\/[\w-]+\/oauth2\/v2\.0\/token 200 /)
  })

  it.each(['secret', 'cert', 'keyvault'])(
    'gets a token from an External ID authority without a tenant in it, and none set, with --auth %s',
    async (auth) => {
      const { TENANT_ID: tenant = '', ...others } = variables
      const external = await createSandbox({ ...others, AUTHORITY: 'https://contoso.ciamlogin.com/' })
      const { exitCode, stdout, stderr } = await external.todoCli(
        'token',
        'show',
        '--auth',
        auth,
        '--json',
        '--verbose',
      )
      await external.remove()
      expect(exitCode, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ iss: `https://${tenant}.ciamlogin.com/${tenant}/v2.0` })
      expect(stderr).toContain(
        '> POST https://contoso.ciamlogin.com/contoso.onmicrosoft.com/oauth2/v2.0/token 200',
      )
    },
  )

  it('refuses, in the proxy, to lead anywhere else', async () => {
    const { exitCode, stderr } = await sandbox.todoCli(
      'todos',
      'list',
      '--authority',
      `https://login.example.com/${variables.TENANT_ID}`,
    )
    expect(exitCode).toBe(6)
    expect(stderr).toMatch(/^error: .*proxy/m)
  })

  it('is not trusted without its CA', async () => {
    const { NODE_EXTRA_CA_CERTS: _, ...without } = variables
    const wary = await createSandbox(without)
    const { exitCode, stderr } = await wary.todoCli('todos', 'list')
    await wary.remove()
    expect(exitCode).toBe(6)
    expect(stderr).toContain('not trusted')
  })

  it('says so when it runs already without them', async () => {
    const other = await createSandbox()
    await other.todoCli('local', 'start')
    const again = await other.todoCli('local', 'start', '--cloud-names')
    await other.todoCli('local', 'stop')
    await other.remove()
    expect(again.exitCode).toBe(1)
    expect(again.stderr).toMatch(
      /^error: the local tenant runs already, without the cloud names\nhint: todo-cli local stop/,
    )
  })
})
