/** One fault of Graph at each call that `app create` makes; test/soak/registrations-faults.test.ts has all of them. */
import { beforeAll, expect, test } from 'vitest'
import {
  allFaults,
  eachOf,
  type FaultyGraph,
  someFaults,
  startFaultyGraph,
} from '../../../../support/faulty-graph.ts'
import { callsOf, survives } from '../../../../support/registration-faults.ts'
import { withRegistrations } from '../../../../support/registrations.ts'

const at = withRegistrations()
let graph: FaultyGraph

beforeAll(async () => {
  graph = await startFaultyGraph(at().tenant)
})

test('app create ends well or says what is wrong, and goes on in the next run, wherever Graph fails', {
  timeout: 240_000,
}, async () => {
  const way = 'a certificate and users'
  const calls = await callsOf(at(), graph, way)
  expect(calls.length).toBeGreaterThan(30)
  await eachOf(someFaults(calls), (fault) => survives(at(), graph, way, fault))
})

test('a secret is made once, wherever Graph fails around it', { timeout: 120_000 }, async () => {
  const way = 'a secret'
  const faults = allFaults(await callsOf(at(), graph, way)).filter(({ call }) => /addPassword/.test(call))
  expect(faults.length).toBeGreaterThan(8)
  await eachOf(faults, (fault) => survives(at(), graph, way, fault))
})
