import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
export const TODO_CLI = join(ROOT, 'dist', 'todo-cli.cjs')

export interface ChildResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ChildOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs a program to its end and takes what it writes. */
export function runChild(
  command: string,
  argv: readonly string[],
  { cwd, env }: ChildOptions,
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
}

export interface Sandbox {
  /** An empty folder: HOME, TODO_CLI_HOME and working folder are below it. */
  readonly folder: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Runs the built program. */
  todoCli(...argv: string[]): Promise<ChildResult>
  remove(): Promise<void>
}

/** A machine of a newcomer: nothing in HOME, nothing in the environment but PATH. */
export async function createSandbox(extra: Readonly<Record<string, string>> = {}): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'todo-cli-test-'))
  const { PATH = '' } = process.env
  const env = { PATH, HOME: folder, TODO_CLI_HOME: join(folder, 'home'), ...extra }
  return {
    folder,
    cwd: folder,
    env,
    todoCli: (...argv) => runChild(process.execPath, [TODO_CLI, ...argv], { cwd: folder, env }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
