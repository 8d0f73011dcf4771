/** A tenant as a process of its own, to be killed. The parent is sent where it listens. */
import { startTenant } from '../../tenant/server.ts'

const [stateDir] = process.argv.slice(2)
if (stateDir === undefined) throw new Error('which state folder?')
const { close: _, ...tenant } = await startTenant({ stateDir })
process.send?.(tenant)
