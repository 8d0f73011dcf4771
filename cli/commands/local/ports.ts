/** The ports of the local tenant and its API: chosen once and kept in `ports.json`, so that addresses survive a restart. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { replaceFile } from '../../../core/private-file.ts'
import { readJson } from './state.ts'

const NEEDED = ['issuer', 'vault', 'graph', 'admin', 'api'] as const
const NAMES = [...NEEDED, 'pages', 'proxy'] as const

export type LocalPorts = Readonly<Record<(typeof NEEDED)[number], number>> & {
  readonly pages?: number
  readonly proxy?: number
}

const PORTS = 'ports.json'

export async function readPorts(stateDir: string): Promise<LocalPorts | undefined> {
  return readJson<LocalPorts>(stateDir, PORTS, (ports) =>
    NEEDED.every((name) => Number.isSafeInteger(ports[name])),
  )
}

export async function writePorts(stateDir: string, ports: LocalPorts): Promise<void> {
  await replaceFile({ path: join(stateDir, PORTS), data: `${JSON.stringify(ports)}\n` })
}

/**
 * Where ports are chosen. Below 32768 neither Linux nor macOS nor Windows gives a port to a program that asks for any free
 * one, or that connects: such a port would sooner or later be another program's while the tenant is stopped.
 * https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html (ip_local_port_range), RFC 6335 section 6
 */
const FROM = 20_000
const TO = 30_000
const BLOCK = 10

const anyBlock = () => FROM + BLOCK * randomInt((TO - FROM) / BLOCK)

/** So often another block is looked for, and another one tried where a port of it was taken meanwhile. */
const TRIES = 10

/** Free ports in a row; 0, which is any free one, where none were found. */
export async function choosePorts(block = anyBlock): Promise<LocalPorts> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const first = block()
    const free = await Promise.all(NAMES.map((_, index) => isFreePort(first + index)))
    if (free.every(Boolean)) return named((index) => first + index)
  }
  return named(() => 0)
}

const named = (port: (index: number) => number) =>
  Object.fromEntries(NAMES.map((name, index) => [name, port(index)])) as unknown as Required<LocalPorts>

async function isFreePort(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

/** Starts on ports that are free; on others where another program takes one of them before `start` does. */
export async function onFreePorts<T>(start: (ports: LocalPorts) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await choosePorts())
    } catch (error) {
      if (tries === TRIES || !(error instanceof AppError) || error.code !== 'local-port-in-use') throw error
    }
  }
}
