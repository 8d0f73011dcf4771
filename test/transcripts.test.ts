/**
 * Runs the transcripts: child processes of the built program, against one local tenant and API that `todo-cli local start`
 * started, with an empty HOME. After a change that is meant, `npx vitest run test/transcripts.test.ts -u` writes them anew.
 * Under the cloud's own names they run a second time: soak/transcripts-cloud-names.test.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../core/errors.ts'
import { PEOPLES_COMMANDS } from './support/commands.ts'
import {
  expectManners,
  openStage,
  type Stage,
  TRANSCRIPT_NAMES,
  TRANSCRIPTS,
} from './support/transcript-stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

describe.skipIf(process.platform === 'win32').concurrent.each(TRANSCRIPT_NAMES)(
  'the transcript %s',
  (file) => {
    it('is what the program does, without a secret, a stack or a dead end', { timeout: 180_000 }, async ({
      expect,
    }) => {
      const { ran, rendered } = await stage.play(file)
      await expectManners(ran)
      await expect(rendered).toMatchFileSnapshot(join(TRANSCRIPTS, file))
    })
  },
)

const texts = TRANSCRIPT_NAMES.map((file) => readFileSync(join(TRANSCRIPTS, file), 'utf8')).join('\n')

/** Codes that nothing outside of the program provokes. */
const UNPROVOKED: readonly ErrorCode[] = [
  // A defect: what is known to provoke one is mended.
  'internal',
]

describe('the transcripts', () => {
  const provoked = new Set(
    [...texts.matchAll(/^2> (?:\{"error":\{"code":"([a-z-]+)"|error: .* \[([a-z-]+)\]$)/gm)].map(
      ([, ofCli, ofApi]) => ofCli ?? ofApi,
    ),
  )

  it.each(Object.keys(ERRORS).filter((code) => !UNPROVOKED.some((each) => each === code)))(
    'provoke the error %s',
    (code) => expect([...provoked]).toContain(code),
  )

  it('provoke none of those that are said to be beyond them', () => {
    expect(UNPROVOKED.filter((code) => provoked.has(code))).toEqual([])
  })

  it.each(PEOPLES_COMMANDS)('show "todo-cli %s", good and bad', (path) => {
    const exits = [...texts.matchAll(new RegExp(`^\\$ .*todo-cli ${path}\\b[^]*?^\\[exit (\\d+)\\]$`, 'gm'))]
    expect(new Set(exits.map(([, exit]) => exit === '0')).size).toBe(2)
  })
})
