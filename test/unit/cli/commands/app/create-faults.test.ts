/** A fault of Graph at every ninth call that `app create` makes; test/soak/registrations-faults.test.ts has all at each. */
import { beforeAll, expect, test } from 'vitest'
import { eachOf, type FaultyGraph, someFaults, startFaultyGraph } from '../../../../support/faulty-graph.ts'
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
  await eachOf(
    someFaults(calls).filter((_, index) => index % 9 === 0),
    (fault) => survives(at(), graph, way, fault),
  )
})
