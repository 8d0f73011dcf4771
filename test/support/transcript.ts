/**
 * Transcripts: whole-program tests that a user can read. A file has comments (`#`), commands (`$ `), what each wrote to
 * standard output, what it wrote to standard error (after `2> `), and its exit code. All commands of a file run in one
 * shell, in the order in which they stand; the file is then written anew from what came and compared with itself.
 */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** What changes from run to run, and what stands for it: a text itself, or a pattern. */
export type Placeholder = readonly [what: string | RegExp, standsFor: string]

export interface Step {
  /** Lines above the command: comments and blank lines. */
  readonly before: readonly string[]
  readonly command: string
}

export interface RanStep extends Step {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export function parseTranscript(text: string): { steps: Step[]; after: string[] } {
  const steps: Step[] = []
  let before: string[] = []
  let inOutput = false
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) {
      steps.push({ before, command: line.slice(2) })
      before = []
      inOutput = true
    } else if (/^\[exit \d+\]$/.test(line)) inOutput = false
    else if (line.startsWith('# ') || (!inOutput && line !== '')) before.push(line)
  }
  return { steps, after: before }
}

export interface ShellOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs all commands in one POSIX shell. */
export async function runSteps(steps: readonly Step[], { cwd, env }: ShellOptions): Promise<RanStep[]> {
  const out = join(cwd, '.transcript')
  await mkdir(out, { recursive: true })
  const script = steps.map(
    ({ command }, index) => `{ ${command}\n} >'${out}/${index}.out' 2>'${out}/${index}.err'
echo $? >'${out}/${index}.exit'\n`,
  )
  await writeFile(join(out, 'script.sh'), script.join(''))
  await exec('/bin/sh', [join(out, 'script.sh')], { cwd, env, timeout: 180_000 })
  const read = (index: number, name: string) => readFile(join(out, `${index}.${name}`), 'utf8')
  return Promise.all(
    steps.map(async (step, index) => ({
      ...step,
      stdout: await read(index, 'out'),
      stderr: await read(index, 'err'),
      exitCode: Number(await read(index, 'exit')),
    })),
  )
}

export function renderTranscript(
  steps: readonly RanStep[],
  after: readonly string[],
  placeholders: readonly Placeholder[],
): string {
  const lines = steps.flatMap(({ before, command, stdout, stderr, exitCode }, index) => [
    ...(index > 0 && before.length > 0 ? [''] : []),
    ...before,
    `$ ${command}`,
    ...linesOf(masked(stdout, placeholders)),
    ...linesOf(masked(stderr, placeholders)).map((line) => `2> ${line}`.trimEnd()),
    `[exit ${exitCode}]`,
  ])
  return [...lines, ...after, ''].join('\n')
}

/** @throws Error for output that would be read as a comment or a command the next time */
function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.replace(/\n$/, '').split('\n')
  const mistakable = lines.find((line) => /^[#$] /.test(line))
  if (mistakable === undefined) return lines
  throw new Error(`a transcript can not hold this output: ${mistakable}`)
}

function masked(text: string, placeholders: readonly Placeholder[]): string {
  return placeholders.reduce((so, [what, standsFor]) => so.replaceAll(what, standsFor), text)
}

/** What no two runs have in common, whoever wrote it. Named values come before these. */
export const EVERYWHERE: readonly Placeholder[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\dZ)?)?/g, '<date>'],
  // Not those that were made up for a transcript: 11111111-…
  [/\b(?!(\d)\1{7}-)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<guid>'],
  [/\b[0-9A-F]{64}\b/g, '<SHA-256>'],
  [/\b(?!0{40})[0-9A-F]{40}\b/g, '<SHA-1>'],
  [/\b(?!0{32})[0-9a-f]{32}\b/g, '<version>'],
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, '<base64url SHA-256>'],
  // Not an error code that is as long by chance.
  [/(?<![\w-]|[cC]ode":")[\w-]{27}(?![\w-])/g, '<base64url SHA-1>'],
  [/\(pid \d+\)|^pid\t\d+$/gm, '<pid>'],
  [/\b\d+ ms\b/g, '<n> ms'],
  [/\b\d+ s (ahead of|behind) the issuer\b/g, "<n> s from the issuer's"],
  // Another transcript may add one at the same time.
  [/\banswers with \d+ todos\b/g, 'answers with <n> todos'],
  // A token of Entra lives 60 to 90 minutes, by chance.
  [/\b(\d+ hours? )?\d+ minutes?\b/g, '<duration>'],
  [/\b1 hour\b/g, '<duration>'],
]
