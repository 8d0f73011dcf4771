/** One server in a process of its own, whose processor time the parent asks for. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FromServer, ServerPlan } from './plan.ts'

const tell = (message: FromServer) => process.send?.(message)

process.on('message', async (message: ServerPlan | 'cpu') => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage()
    tell({ kind: 'cpu', micros: user + system })
    return
  }
  const server = await serverOf(message)
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  tell({ kind: 'ready', port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit(0))

async function serverOf(plan: ServerPlan): Promise<Server> {
  switch (plan.variant) {
    case 'fastify-jwt':
      return await rival('fastify-jwt.mjs', plan)
    case 'passport':
      return await rival('passport.mjs', plan)
    default:
      return await (await import('./express-variants.ts')).expressServer(plan)
  }
}

/** The rivals are JavaScript: their packages, and so their types, are there only where the benchmark is run. */
async function rival(file: string, plan: ServerPlan): Promise<Server> {
  const module: { startRival(plan: ServerPlan): Promise<Server> } = await import(
    pathToFileURL(join(import.meta.dirname, file)).href
  )
  return await module.startRival(plan)
}
