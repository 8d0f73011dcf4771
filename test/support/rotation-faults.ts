/** What has to hold after `cert rotate` met a fault of Graph, whatever it was. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Api } from '../../api/server.ts'
import type { Fault, FaultyGraph } from './faulty-graph.ts'
import type { Registrations } from './registrations.ts'

/** Who changes the app's keys: somebody with rights in the directory, or the app by a proof. */
export const REGISTRARS = ['by rights', 'by a proof'] as const
export type Registrar = (typeof REGISTRARS)[number]

export interface Daemons {
  readonly at: Registrations
  readonly graph: FaultyGraph
  /** With which a rotation proves itself; its app is that of `api-of-daemons`. */
  readonly api: Api
}

export const CREATE_API = ['--api-name', 'api-of-daemons'] as const

/** A daemon of its own, with a certificate file, and the rotation of it. */
async function daemon({ at, api }: Daemons, registrar: Registrar, name: string) {
  const folder = join(at.folder, name)
  await mkdir(folder)
  const file = join(folder, 'c.pem')
  const env = { TODO_CLI_HOME: join(folder, 'home') }
  const names = [...CREATE_API, '--client-name', name, '--api-env', join(folder, 'env')]
  const { client } = await at.json(['app', 'create', ...names, '--certificate', file, '--wait', '0'], env)
  const more = registrar === 'by a proof' ? ['--proof', '--auth', 'cert'] : []
  const times = ['--overlap', '0d', '--timeout', '2s', '--wait', '10s']
  const rotate = ['cert', 'rotate', '--profile', name, '--api-endpoint', api.url, ...times, ...more]
  return { env, file, rotate, objectId: client.objectId as string, name }
}

/** The calls of Graph that a clean rotation makes. */
export async function callsOfRotation(daemons: Daemons, registrar: Registrar): Promise<readonly string[]> {
  const { env, rotate } = await daemon(daemons, registrar, `clean-${registrar.replaceAll(' ', '-')}`)
  const { url, calls } = daemons.graph.clean()
  await daemons.at.json(rotate, { ...env, TODO_CLI_GRAPH_URL: url })
  return calls
}

/** At every moment a token can be had; the next run completes, and one certificate is registered: that of the file. */
export async function rotationSurvives(daemons: Daemons, registrar: Registrar, fault: Fault): Promise<void> {
  const { at, graph } = daemons
  const name = `${registrar.replaceAll(' ', '-')}-${fault.kind}-${fault.at}`
  const { env, file, rotate, objectId } = await daemon(daemons, registrar, name)
  const signsIn = async () => (await at.cli(['token', 'show', '--profile', name, '--no-cache'], env)).exitCode
  const before = (await at.json(['cert', 'thumbprint', file], env)).sha1
  const { url } = graph.withFault(fault)
  const { exitCode, stderr } = await at.cli(rotate, { ...env, TODO_CLI_GRAPH_URL: url })
  const told = `${JSON.stringify(fault)} ${stderr}`
  expect(await signsIn(), told).toBe(0)
  if (exitCode !== 0) {
    expect([1, 6], told).toContain(exitCode)
    expect(stderr, told).toMatch(/^error: .+\n(?: {2}.+\n)*hint: .+\n$/m)
    const again = await at.cli([...rotate, '--timeout', '60s'], env)
    expect(again, told).toMatchObject({ exitCode: 0 })
    expect(await signsIn(), told).toBe(0)
  }
  const after = (await at.json(['cert', 'thumbprint', file], env)).sha1
  const { body } = await at.graph(`/applications/${objectId}`)
  const registered = body.keyCredentials.map((each: Record<string, string>) => each.customKeyIdentifier)
  expect({ registered, changed: after !== before }, told).toEqual({ registered: [after], changed: true })
}
