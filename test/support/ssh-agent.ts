/** A real SSH agent with one key in it, for the tests of a file. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SshAgent {
  readonly socket: string
  stop(): void
}

/** Undefined where the machine has no ssh-agent. */
export function startSshAgent(folder: string, privateKeyPem: string): SshAgent | undefined {
  const socket = join(folder, 'agent.sock')
  const key = join(folder, 'agent-key.pem')
  writeFileSync(key, privateKeyPem, { mode: 0o600 })
  let started: string
  try {
    started = execFileSync('ssh-agent', ['-a', socket], { encoding: 'utf8' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1])
  execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return { socket, stop: () => process.kill(pid) }
}
