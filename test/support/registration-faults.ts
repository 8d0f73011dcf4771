/** What has to hold after `app create` met a fault of Graph, whatever it was. */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Fault, FaultyGraph } from './faulty-graph.ts'
import type { Registrations } from './registrations.ts'

export const WAYS = ['a certificate and users', 'a secret'] as const
export type Way = (typeof WAYS)[number]

function runOf({ folder }: Registrations, way: Way, name: string) {
  const file = (ending: string) => join(folder, `${name}.${ending}`)
  const credential =
    way === 'a secret'
      ? ['--secret', '--secret-file', file('secret')]
      : ['--login', '--certificate', join(folder, 'operator.pem')]
  const names = ['--api-name', `${name}-api`, '--client-name', name, '--api-env', file('env')]
  const argv = ['app', 'create', ...names, ...credential, '--timeout', '2s', '--wait', '10s']
  // A home each, for its lock keeps two runs apart.
  return { argv, env: { TODO_CLI_HOME: join(folder, `home-${name}`) } }
}

const slug = (way: Way) => way.replace(/\W+/g, '-')

/** The calls of Graph that a clean run makes. */
export async function callsOf(at: Registrations, graph: FaultyGraph, way: Way): Promise<readonly string[]> {
  const { argv, env } = runOf(at, way, `clean-${slug(way)}`)
  const { url, calls } = graph.clean()
  await at.json(argv, { ...env, TODO_CLI_GRAPH_URL: url })
  return calls
}

/**
 * Creates with the fault: the run ends well, or says what is wrong and what to type, and then the next one completes. There is
 * one of everything in the end.
 */
export async function survives(at: Registrations, graph: FaultyGraph, way: Way, fault: Fault): Promise<void> {
  const name = `${slug(way)}-${fault.kind}-${fault.at}`
  const { argv, env } = runOf(at, way, name)
  const { url } = graph.withFault(fault)
  const { exitCode, stderr } = await at.cli(argv, { ...env, TODO_CLI_GRAPH_URL: url })
  if (exitCode !== 0) {
    expect([1, 6], `${JSON.stringify(fault)} ${stderr}`).toContain(exitCode)
    expect(stderr, JSON.stringify(fault)).toMatch(/^error: .+\n(?: {2}.+\n)*hint: .+\n$/m)
    expect(stderr).not.toMatch(/\n\s+at .*:\d+/)
  }
  if (exitCode !== 0 || fault.kind.startsWith('lost')) {
    // So many run at a time that an honest answer may take a while.
    const again = await at.cli([...argv, '--timeout', '60s'], env)
    expect(again, JSON.stringify(fault)).toMatchObject({ exitCode: 0 })
  }
  await expectOneOfEach(at, name, way, fault)
}

/** One app of each name, one service principal, one owner of each, one grant, one credential. */
async function expectOneOfEach(at: Registrations, name: string, way: Way, fault: Fault): Promise<void> {
  const login = way === 'a secret' ? [] : [`${name}-login`]
  const of = async (path: string) => (await at.graph(path)).body.value
  const found = await Promise.all(
    [name, `${name}-api`, ...login].map(async (each) => {
      const filter = encodeURIComponent(`displayName eq '${each}'`)
      const [apps, principals] = await Promise.all([
        of(`/applications?$filter=${filter}`),
        of(`/servicePrincipals?$filter=${filter}`),
      ])
      const [[app], [principal]] = [apps, principals]
      const path = `/servicePrincipals/${principal.id}`
      const grants = encodeURIComponent(`clientId eq '${principal.id}'`)
      const lists = await Promise.all(
        [
          ...[`/applications/${app.id}/owners`, `${path}/owners`, `${path}/appRoleAssignments`],
          `/oauth2PermissionGrants?$filter=${grants}`,
        ].map(of),
      )
      const [owners, principalOwners, roles, granted] = lists.map(({ length }) => length)
      const credentials = app.keyCredentials.length + app.passwordCredentials.length
      const counts = { apps: apps.length, principals: principals.length, owners, principalOwners }
      return { ...counts, roles, granted, credentials }
    }),
  )
  const one = { apps: 1, principals: 1, owners: 1, principalOwners: 1 }
  expect(found, JSON.stringify(fault)).toEqual([
    { ...one, roles: 2, granted: 0, credentials: 1 },
    { ...one, roles: 0, granted: 0, credentials: 0 },
    ...login.map(() => ({ ...one, roles: 0, granted: 1, credentials: 0 })),
  ])
}
