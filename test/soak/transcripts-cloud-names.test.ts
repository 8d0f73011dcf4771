/** Those transcripts under the cloud's own names that `npm test` leaves out: see ../transcripts-cloud-names.test.ts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inCommon, OFFLINE } from '../support/cloud-names-run.ts'
import { openStage, type Stage, TRANSCRIPTS } from '../support/transcript-stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ cloudNames: true })
})
afterAll(() => stage.close())

describe.skipIf(process.platform === 'win32').concurrent('under the names of the cloud', () => {
  it.each(OFFLINE)('%s is the same', async (file) => {
    const { rendered } = await stage.play(file)
    expect(inCommon(file, rendered)).toBe(inCommon(file, readFileSync(join(TRANSCRIPTS, file), 'utf8')))
  })
})
