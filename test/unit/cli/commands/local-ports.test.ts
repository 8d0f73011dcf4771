import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { choosePorts, type LocalPorts, onFreePorts } from '../../../../cli/commands/local/ports.ts'
import { AppError } from '../../../../core/errors.ts'
import { freePort } from '../../../support/ports.ts'

const opened: Server[] = []
afterEach(() => {
  for (const server of opened.splice(0)) server.close()
})

/** A port that is taken, and the first of ten that have it as their fourth. */
async function taken() {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  opened.push(server)
  await once(server, 'listening')
  return { port, first: port - 3 }
}

describe('the ports of a local tenant that never ran', () => {
  it('are seven in a row, which no system gives to a program that asks for any free one', async () => {
    for (let count = 0; count < 20; count += 1) {
      const { issuer, ...rest } = await choosePorts()
      expect(issuer).toBeGreaterThanOrEqual(20_000)
      expect(issuer).toBeLessThan(30_000)
      expect(issuer % 10).toBe(0)
      expect(rest).toEqual({
        ...{ vault: issuer + 1, graph: issuer + 2, admin: issuer + 3, api: issuer + 4 },
        ...{ pages: issuer + 5, proxy: issuer + 6 },
      })
    }
  })

  it('are others where a program has one of them', async () => {
    const { port, first } = await taken()
    const looked: number[] = []
    const ports = await choosePorts(() => {
      looked.push(looked.length < 2 ? first : port + 1 + 7 * looked.length)
      return looked.at(-1) ?? 0
    })
    expect(looked.length).toBeGreaterThan(2)
    expect(ports.issuer).toBe(looked.at(-1))
  })

  it('are any that are free where all that were looked at are taken', async () => {
    const { first } = await taken()
    const ports = await choosePorts(() => first)
    expect(new Set(Object.values(ports))).toEqual(new Set([0]))
  })
})

describe('a start on ports that are free', () => {
  const inUse = () => new AppError('local-port-in-use', 'port 1 is in use', { hint: 'stop it' })

  it('takes others where a program took one of them meanwhile', async () => {
    const tried: LocalPorts[] = []
    const started = await onFreePorts(async (ports) => {
      tried.push(ports)
      if (tried.length < 3) throw inUse()
      return ports
    })
    expect(started).toBe(tried[2])
    expect(new Set(tried.map(({ issuer }) => issuer)).size).toBeGreaterThan(1)
  })

  it('gives up when that never ends', async () => {
    let tries = 0
    const start = () => {
      tries += 1
      return Promise.reject(inUse())
    }
    await expect(onFreePorts(start)).rejects.toMatchObject({ code: 'local-port-in-use' })
    expect(tries).toBe(10)
  })

  it.each([
    new AppError('local-state-invalid', 'tenant.db is damaged', { hint: 'todo-cli local reset' }),
    new TypeError('a defect'),
  ])('fails at once with another error: $message', async (error) => {
    let tries = 0
    const start = () => {
      tries += 1
      return Promise.reject(error)
    }
    await expect(onFreePorts(start)).rejects.toBe(error)
    expect(tries).toBe(1)
  })
})
