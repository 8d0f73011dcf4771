import { expect, test } from 'vitest'
import { createMetrics } from '../../../api/metrics.ts'

const lines = async (metrics: ReturnType<typeof createMetrics>) => (await metrics.text()).body.split('\n')

test('nothing has been counted at first, but every name is described', async () => {
  const { body, type } = await createMetrics().text()
  expect(type).toMatch(/^text\/plain/)
  for (const name of [
    'requests_total',
    'token_cache_total',
    'key_fetches_total',
    'denials_total',
    'request_duration_seconds',
  ]) {
    expect(body).toContain(`# HELP todo_api_${name} `)
  }
})

test('counts are per set of labels, and reading them twice changes nothing', async () => {
  const metrics = createMetrics()
  metrics.answered('GET', '/a', 200, 0.002)
  metrics.answered('GET', '/a', 200, 0.2)
  metrics.answered('GET', '/a', 500, 0.2)
  metrics.denied('not_found')
  await metrics.text()
  const text = await lines(metrics)
  expect(text).toContain('todo_api_requests_total{method="GET",route="/a",status="200"} 2')
  expect(text).toContain('todo_api_requests_total{method="GET",route="/a",status="500"} 1')
  expect(text).toContain('todo_api_denials_total{reason="not_found"} 1')
  expect(text).toContain('todo_api_request_duration_seconds_bucket{le="0.0025"} 1')
  expect(text).toContain('todo_api_request_duration_seconds_count 3')
})

test('two APIs in one process do not share counts', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.cacheLookup(true)
  one.keyFetch('failed')
  expect(await lines(one)).toContain('todo_api_token_cache_total{result="hit"} 1')
  expect((await other.text()).body).not.toContain('result="hit"')
})
