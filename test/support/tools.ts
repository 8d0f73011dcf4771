/** Other people's programs (openssl, keytool), where the machine has them. */
import { execFileSync } from 'node:child_process'

/** True when the program can be started. */
export function has(program: 'openssl' | 'keytool' | 'certtool' | 'systemd-analyze'): boolean {
  try {
    execFileSync(program, [program === 'openssl' ? 'version' : '--help'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs a program to its end and returns its standard output. Throws with its standard error where it fails. */
export function runTool(program: string, args: readonly string[], cwd: string, input = ''): string {
  return execFileSync(program, args, { cwd, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}
