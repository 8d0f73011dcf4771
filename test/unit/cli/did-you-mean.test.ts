import { describe, expect, it } from 'vitest'
import { didYouMean } from '../../../cli/did-you-mean.ts'
import { expectError, runCli, temporaryHome } from '../../support/cli.ts'

const KNOWN = ['apiEndpoint', 'auth', 'authority', 'caFile', 'timeout']

describe('a word that was mistyped', () => {
  it.each([
    ['apiEndpont', 'apiEndpoint'],
    ['apiEndpiont', 'apiEndpoint'],
    ['api-endpoint', 'apiEndpoint'],
    ['API_ENDPOINT', 'apiEndpoint'],
    ['--ca-file', 'caFile'],
    ['autority', 'authority'],
    ['aut', 'auth'],
    ['atuh', 'auth'],
    ['timeot', 'timeout'],
  ])('%j is taken for %j', (word, meant) => {
    expect(didYouMean(word, KNOWN)).toBe(` (did you mean "${meant}"?)`)
  })

  it.each(['', 'x', 'nothing', 'at', '\u0000', 'a'.repeat(10_000), 'endpoint of the API'])(
    'is none of them where none is near: %j',
    (word) => expect(didYouMean(word, KNOWN)).toBe(''),
  )

  it('has nothing near where nothing is known', () => expect(didYouMean('auth', [])).toBe(''))
})

describe('a near miss is told', () => {
  const { env } = temporaryHome()

  it.each([
    ['config get apiEndpont', 'there is no setting "apiEndpont" (did you mean "apiEndpoint"?)'],
    ['config set API_ENDPOINT x', 'there is no setting "API_ENDPOINT" (did you mean "apiEndpoint"?)'],
    ['config unset time-out', 'there is no setting "time-out" (did you mean "timeout"?)'],
    ['todos list --auth cret', 'there is no way to authenticate named "cret" (did you mean "cert"?)'],
    ['config set auth keyvalt', 'named "keyvalt" (did you mean "keyvault"?)'],
    ['completion bsh', 'there is no completion for "bsh" (did you mean "bash"?)'],
    ['cert thumbprint none.pem --format sha-1', 'no thumbprint format "sha-1" (did you mean "sha1"?)'],
  ])('by todo-cli %s', async (command, message) => {
    expectError(await runCli(command.split(' '), { env }), 2, message)
  })

  it.each(['todos list --profile wrk', 'config use wrk', 'config unset auth --profile wrk'])(
    'of a profile, by todo-cli %s',
    async (command) => {
      await runCli(['config', 'set', 'auth', 'cert', '--profile', 'work'], { env })
      const result = await runCli(command.split(' '), { env })
      expectError(result, 2, 'there is no profile "wrk" (did you mean "work"?)')
    },
  )
})
