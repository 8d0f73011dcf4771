/**
 * Every fault of Graph (429, 500, 503, no answer, a broken connection, an object that is not there yet, an answer that gets
 * lost) at every call that `app create` and `cert rotate` make; the calls are found by a clean run.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from '../../api/server.ts'
import { startTestApi } from '../support/api.ts'
import { allFaults, eachOf, type FaultyGraph, startFaultyGraph } from '../support/faulty-graph.ts'
import { callsOf, survives, WAYS } from '../support/registration-faults.ts'
import { withRegistrations } from '../support/registrations.ts'
import { CREATE_API, callsOfRotation, REGISTRARS, rotationSurvives } from '../support/rotation-faults.ts'

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

/** A call without the ids and names of one run. */
const shape = (call: string) => call.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replace(/'[^']+'/g, 'KEY')
const seen = new Set<string>()

test.each(WAYS)('app create with %s survives every fault', { timeout: 900_000 }, async (way) => {
  const calls = await callsOf(at(), graph, way)
  // What the way before did in the same words is not done again.
  const faults = allFaults(calls).filter(({ call }) => !seen.has(shape(call)))
  for (const call of calls) seen.add(shape(call))
  expect(faults.length).toBeGreaterThan(0)
  await eachOf(faults, (fault) => survives(at(), graph, way, fault))
})

test.each(REGISTRARS)('cert rotate %s survives every fault', { timeout: 900_000 }, async (registrar) => {
  const daemons = { at: at(), graph, api }
  const calls = await callsOfRotation(daemons, registrar)
  expect(calls.length).toBeGreaterThan(1)
  await eachOf(allFaults(calls), (fault) => rotationSurvives(daemons, registrar, fault))
})
