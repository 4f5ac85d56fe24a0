import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = {
  readonly request: (method: string, route: string, status: number, durationMs: number) => void
  /** A figure read when somebody asks for it, for example queue depth. One that cannot be read is left out, alone. */
  readonly gauge: (name: string, help: string, read: () => number | Promise<number>) => void
  readonly counter: (name: string, help: string) => { readonly add: (amount?: number) => void }
  /** Prometheus text exposition format 0.0.4. */
  readonly text: () => Promise<string>
}

/** Metrics of one process. Labels are routes and codes, never ids: their number stays bounded. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'bithive_' })
  const requests = new Histogram({
    name: 'bithive_http_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers: [registry],
  })
  return {
    request: (method, route, status, durationMs) =>
      requests.labels(method, route, String(status)).observe(durationMs / 1000),
    gauge: (name, help, read) => {
      new Gauge({
        name: `bithive_${name}`,
        help,
        registers: [registry],
        async collect() {
          const value = await Promise.resolve()
            .then(read)
            .catch(() => undefined)
          if (value === undefined) this.remove()
          else this.set(value)
        },
      })
    },
    counter: (name, help) => {
      const counter = new Counter({ name: `bithive_${name}_total`, help, registers: [registry] })
      return { add: (amount = 1) => counter.inc(amount) }
    },
    text: () => registry.metrics(),
  }
}
