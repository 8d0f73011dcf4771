/** Programs on a pseudo-terminal, by util-linux's `script`: what they write there is what a person sees. */
import { execFileSync, spawn } from 'node:child_process'

/** True where `script` is util-linux's, whose options these are. */
export const hasTerminal = says(['script', '--version'], /util-linux/)

/** True where the program can be started. */
export function says(command: readonly [string, ...string[]], pattern = /./): boolean {
  const [program, ...args] = command
  try {
    return pattern.test(
      execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )
  } catch {
    return false
  }
}

export interface TerminalOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
}

export interface Terminal {
  /** Presses keys. */
  type(keys: string): void
  /** Waits until what the terminal shows since the last call matches, and returns that. */
  until(pattern: RegExp): Promise<string>
  /** All that was written, line ends as the terminal driver made them, once the program has ended. */
  readonly ended: Promise<{ readonly output: string; readonly exitCode: number | null }>
  kill(): void
}

/** Starts a command of the POSIX shell. Its standard output and standard error are the same terminal. */
export function startTerminal(command: string, { cwd, env, columns = 80 }: TerminalOptions): Terminal {
  const line = `stty rows 24 cols ${columns}; ${command}`
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd,
    env: { SHELL: '/bin/sh', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let output = ''
  let seen = 0
  let look = () => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    look()
  })
  const ended = new Promise<{ output: string; exitCode: number | null }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      look()
      resolve({ output, exitCode })
    })
  })
  return {
    type: (keys) => child.stdin.write(keys),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const fresh = output.slice(seen)
          const found = pattern.exec(fresh)
          if (found) {
            seen += found.index + found[0].length
            look = () => {}
            resolve(fresh)
          } else if (child.exitCode !== null)
            reject(new Error(`it ended, having shown ${JSON.stringify(fresh)}`))
        }
        look()
      }),
    ended,
    kill: () => child.kill('SIGKILL'),
  }
}

/** What the terminal shows in the end: what took itself back again is not in it. */
export function settled(output: string): string {
  const lines = output.split('\r\n').map((line) => line.split('\r\u001b[K').at(-1))
  return lines.join('\n')
}

/** Runs a command on a terminal to its end. Nobody types. */
export async function onTerminal(
  command: string,
  options: TerminalOptions,
): Promise<{ readonly output: string; readonly exitCode: number | null }> {
  const { output, exitCode } = await startTerminal(command, options).ended
  return { output: settled(output), exitCode }
}
