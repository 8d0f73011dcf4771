import { chmodSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PASSPHRASE, withCertificates } from '../../../../support/certificate-folder.ts'
import { expectError } from '../../../../support/cli.ts'

const files = withCertificates()
const { cert, json } = files

interface Verified {
  readonly ok: boolean
  readonly checks: readonly { readonly check: string; readonly result: string }[]
}

const isVerified = (value: unknown): value is Verified =>
  typeof value === 'object' && value !== null && 'ok' in value && 'checks' in value

async function verified(line: string) {
  const answer = await json(`verify ${line}`)
  if (!isVerified(answer)) throw new Error('another answer')
  return { ok: answer.ok, ...Object.fromEntries(answer.checks.map(({ check, result }) => [check, result])) }
}

const GOOD = {
  ok: true,
  dates: 'ok',
  algorithm: 'ok',
  'private key': 'ok',
  usage: 'ok',
  chain: 'ok',
  file: 'ok',
}

it('finds nothing wrong with a certificate of ours', async () => {
  expect(await verified('./good.pem')).toEqual(GOOD)
  expect((await cert('verify ./good.pem')).exitCode).toBe(0)
})

it('skips the key of a public part', async () => {
  const { file: _, ...rest } = GOOD
  expect(await verified('./good.crt')).toEqual({ ...rest, 'private key': 'skipped' })
})

it.each([
  ['expired.pem', 'dates'],
  ['mismatch.pem', 'private key'],
])('finds what is wrong with %s, and ends with 1', async (name, check) => {
  expect(await verified(`./${name}`)).toMatchObject({ ok: false, [check]: 'failed' })
  const { exitCode, stdout, stderr } = await cert(`verify ./${name}`)
  expect([exitCode, stderr]).toEqual([1, ''])
  expect(stdout).toMatch(new RegExp(`^${check}\\tfailed\\t`, 'm'))
})

it('warns of an end that is near, and of a file that others may read', async () => {
  files.write('open.pem', files.read('soon.pem'))
  chmodSync(files.path('open.pem'), 0o644)
  expect(await verified('./open.pem')).toEqual({ ...GOOD, dates: 'warning', file: 'warning' })
})

it('opens a locked one with its passphrase', async () => {
  const { exitCode } = await cert('verify ./locked.pfx', { env: { CERT_PASSPHRASE: PASSPHRASE } })
  expect(exitCode).toBe(0)
})

it.each(['locked.pem', 'locked.pfx'])('does not pass %s, whose key it could not check', async (name) => {
  expectError(await cert(`verify ./${name}`), 2, 'is encrypted')
})

it('is a table on a terminal', async () => {
  const { stdout } = await cert('verify ./good.pem', { tty: true })
  expect(stdout).toMatch(/^CHECK +RESULT +DETAIL\n/)
})
