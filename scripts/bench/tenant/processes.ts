/** The servers, each in a process of its own that is pinned to the first processor. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { ReadyServer, ServerPlan } from './plan.ts'

export interface ServerProcess {
  readonly server: ReadyServer
  readonly pinned: boolean
  /** Its processor time so far, in microseconds, that of its threads included. */
  cpu(): Promise<number>
  stop(): void
}

/** Pins a process, with the threads that it has, to one processor, where there are two and `taskset`. */
export function pin(pid: number | undefined, cpu: number): boolean {
  if (pid === undefined || cpus().length < 2 || process.platform !== 'linux') return false
  try {
    execFileSync('taskset', ['-a', '-cp', String(cpu), String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  child.send(plan)
  const [server] = (await once(child, 'message')) as [ReadyServer]
  return {
    server,
    pinned: pin(child.pid, 0),
    cpu: () => cpuOf(child),
    stop: () => {
      if (child.connected) child.disconnect()
    },
  }
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message')
  child.send('cpu')
  const [micros] = await answer
  return Number(micros)
}
