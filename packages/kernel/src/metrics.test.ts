import { describe, expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

describe('metrics', () => {
  test('count requests by route and status, in seconds', async () => {
    const metrics = createMetrics()
    metrics.request('GET', '/jobs/:jobId', 200, 1_500)
    metrics.request('GET', '/jobs/:jobId', 200, 500)
    const text = await metrics.text()
    const labels = 'method="GET",route="/jobs/:jobId",status="200"'
    expect(text).toContain(`bithive_http_request_seconds_sum{${labels}} 2\n`)
    expect(text).toContain(`bithive_http_request_seconds_count{${labels}} 2\n`)
  })

  test('read a gauge when somebody asks, and add up a counter', async () => {
    const metrics = createMetrics()
    let depth = 1
    metrics.gauge('queue_depth', 'Waiting', async () => depth)
    const jobs = metrics.counter('jobs', 'Jobs')
    jobs.add()
    jobs.add(2)
    expect(await metrics.text()).toContain('bithive_queue_depth 1\n')
    depth = 5
    expect(await metrics.text()).toContain('bithive_queue_depth 5\n')
    expect(await metrics.text()).toContain('bithive_jobs_total 3\n')
  })

  test('leave out a gauge that cannot be read, alone, and never show its last value as today’s', async () => {
    const metrics = createMetrics()
    let down = false
    metrics.gauge('ledger_difference', 'Difference', () => {
      if (down) throw new Error('database down')
      return 7
    })
    metrics.gauge('queue_depth', 'Waiting', () => (down ? Promise.reject(new Error('down')) : 3))
    metrics.gauge('nodes', 'Nodes', () => 2)
    expect(await metrics.text()).toContain('bithive_ledger_difference 7\n')
    down = true
    const text = await metrics.text()
    expect(text).toContain('bithive_nodes 2\n')
    expect(text).not.toMatch(/^bithive_ledger_difference \d/m)
    expect(text).not.toMatch(/^bithive_queue_depth \d/m)
  })
})
