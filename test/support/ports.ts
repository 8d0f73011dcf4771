/** Ports that stay free for whoever asked for them, though nobody listens there yet, or any more. */
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** Neither what systems give to those who ask for any port, nor what `local start` chooses; a part for each of vitest's workers. */
const FROM = 30_000
const TO = 32_700
const WORKERS = 20
const PART = (TO - FROM) / WORKERS
const mine = FROM + PART * (Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS)
let next = Math.floor(Math.random() * PART)

/** A port of this machine where nothing listens, and where nothing will that was not told to. */
export async function freePort(): Promise<number> {
  for (;;) {
    next = (next + 1) % PART
    const server = createServer()
    try {
      server.listen(mine + next, '127.0.0.1')
      await once(server, 'listening')
      return mine + next
    } catch {
      // Another program has it.
    } finally {
      server.close()
    }
  }
}

/** Such a port for each service of a local tenant. */
export async function freePorts() {
  const port = freePort
  const services = { issuer: await port(), vault: await port(), graph: await port(), admin: await port() }
  return { ...services, pages: await port(), proxy: await port() }
}

/** Gives a local tenant that has not been started yet such ports: it can be stopped and started again. */
export async function keepPorts(stateDir: string): Promise<void> {
  const ports = { ...(await freePorts()), api: await freePort() }
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await writeFile(join(stateDir, 'ports.json'), JSON.stringify(ports), { mode: 0o600 })
}
