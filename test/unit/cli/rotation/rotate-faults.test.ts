/** Faults of Graph at the changes that `cert rotate` makes; test/soak/registrations-faults.test.ts has all of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from '../../../../api/server.ts'
import { startTestApi } from '../../../support/api.ts'
import { eachOf, type FaultyGraph, startFaultyGraph } from '../../../support/faulty-graph.ts'
import { withRegistrations } from '../../../support/registrations.ts'
import {
  CREATE_API,
  callsOfRotation,
  REGISTRARS,
  rotationSurvives,
} from '../../../support/rotation-faults.ts'

const at = withRegistrations()
let graph: FaultyGraph
let api: Api

beforeAll(async () => {
  graph = await startFaultyGraph(at().tenant)
  const { tenantId, authority, caPem } = at().tenant
  const files = ['--secret', '--secret-file', `${at().folder}/first`, '--api-env', `${at().folder}/env`]
  const { api: app } = await at().json(['app', 'create', ...CREATE_API, ...files, '--wait', '0'])
  api = await startTestApi({ tenantId, authority, caPem, clientId: app.clientId })
})
afterAll(() => api?.close())

test.each(REGISTRARS)(
  'cert rotate %s: a change whose answer got lost, or that was refused, is made once',
  {
    timeout: 120_000,
  },
  async (registrar) => {
    const daemons = { at: at(), graph, api }
    const changes = [...(await callsOfRotation(daemons, registrar)).entries()]
      .filter(([, call]) => !call.startsWith('GET '))
      .flatMap(([index, call]) =>
        (['lost-by-drop', '503'] as const).map((kind) => ({ at: index, kind, call })),
      )
    expect(changes.length).toBeGreaterThanOrEqual(4)
    await eachOf(changes, (fault) => rotationSurvives(daemons, registrar, fault))
  },
)
