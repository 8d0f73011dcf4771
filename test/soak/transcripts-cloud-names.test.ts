/**
 * The transcripts once more, under the cloud's own names: the same commands, against `local start --cloud-names`, with a
 * production configuration. What they print is what they print on loopback, but for what cloud-names-run.ts lists.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APART, inCommon, stale } from '../support/cloud-names-run.ts'
import { openStage, type Stage, TRANSCRIPT_NAMES, TRANSCRIPTS } from '../support/transcript-stage.ts'

const textOf = (file: string) => readFileSync(join(TRANSCRIPTS, file), 'utf8')

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ cloudNames: true })
})
afterAll(() => stage.close())

const played = TRANSCRIPT_NAMES.filter((file) => !(file in APART))

describe.skipIf(process.platform === 'win32')('under the names of the cloud', () => {
  describe.concurrent('each transcript', () => {
    it.each(played)('%s is the same', { timeout: 180_000 }, async (file) => {
      const { rendered } = await stage.play(file)
      expect(inCommon(file, rendered)).toBe(inCommon(file, textOf(file)))
    })

    for (const [file, why] of Object.entries(APART)) it.skip(`${file}: ${why}`, () => {})
  })

  it('every request came by the name of a service, led by the proxy: none needed an allowance for loopback', async () => {
    const { stdout } = await stage.todoCli('local', 'logs')
    const records = stdout
      .split('\n')
      .filter((line) => line.startsWith('{"time"'))
      .map((line) => JSON.parse(line) as { service: string; host: string })
    const hostsOf = (...services: string[]) =>
      [...new Set(records.filter(({ service }) => services.includes(service)).map(({ host }) => host))].sort()
    expect(hostsOf('issuer', 'vault', 'graph')).toEqual([
      'graph.microsoft.com',
      'login.microsoftonline.com',
      'todo-local.vault.azure.net',
    ])
    expect(hostsOf('proxy')).toEqual(
      expect.arrayContaining(['login.microsoftonline.com:443', 'todo-local.vault.azure.net:443']),
    )
  })

  it('what is said to be apart or different is there', () => {
    expect(stale(textOf)).toEqual([])
    expect(Object.keys(APART).filter((file) => !TRANSCRIPT_NAMES.includes(file))).toEqual([])
  })
})
