import { describe, expect, it } from 'vitest'
import { withCertificates } from '../../../../support/certificate-folder.ts'

const { cert, json } = withCertificates()

describe('cert needs-renewal answers by its exit code as step does', () => {
  it.each([
    ['needs-renewal ./good.pem', 1],
    ['needs-renewal ./good.pem --expires-in 99d', 1],
    ['needs-renewal ./good.pem --expires-in 101d', 0],
    ['needs-renewal ./good.pem --expires-in 2424h', 0],
    ['needs-renewal ./good.pem --expires-in 0%', 0],
    ['needs-renewal ./good.pem --expires-in 99%', 1],
    ['needs-renewal ./good.crt', 1],
    ['needs-renewal ./soon.pem', 0],
    ['needs-renewal ./soon.pem --expires-in 10d', 1],
    ['needs-renewal ./expired.pem', 0],
    ['needs-renewal ./expired.pem --expires-in 0s', 0],
    ['needs-renewal ./mismatch.pem', 1],
    ['needs-renewal ./nothing.pem', 2],
    ['needs-renewal ./locked.pfx', 255],
    ['needs-renewal .', 255],
    ['needs-renewal', 255],
    ['needs-renewal ./good.pem --expires-in soon', 255],
    ['needs-renewal ./good.pem --expires-in 30', 255],
    ['needs-renewal ./good.pem --expires-in', 255],
    ['needs-renewal ./good.pem ./good.crt', 255],
    ['needs-renewal ./good.pem --unknown', 255],
    ['needs-renewal ./nothing.pem --json', 2],
    ['needs-renewal ./locked.pfx --json', 255],
  ])('%s: %i', async (line, exitCode) => {
    const result = await cert(line)
    expect(result.exitCode).toBe(exitCode)
    expect(result.stdout).toBe('')
    expect(result.stderr).not.toBe('')
  })
})

it('tells more in JSON, with the same exit code', async () => {
  expect(await json('needs-renewal ./soon.pem')).toMatchObject({ needsRenewal: true, daysLeft: 20 })
  expect((await cert('needs-renewal ./soon.pem --json')).exitCode).toBe(0)
  expect(await json('needs-renewal ./good.pem')).toMatchObject({ needsRenewal: false, daysLeft: 100 })
})

it('shows its own exit codes in the error as JSON', async () => {
  const { stderr } = await cert('needs-renewal ./nothing.pem --expires-in 1d --json')
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'certificate-missing', exitCode: 2 } })
})

it('is silent with --quiet', async () => {
  expect(await cert('needs-renewal ./good.pem --quiet')).toMatchObject({
    stdout: '',
    stderr: '',
    exitCode: 1,
  })
})

it('ends with 130 when it is interrupted', async () => {
  const controller = new AbortController()
  controller.abort()
  const { exitCode } = await cert('needs-renewal ./nothing.pem', { signal: controller.signal })
  expect(exitCode).toBe(130)
})
