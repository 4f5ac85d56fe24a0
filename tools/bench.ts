import { cpus, totalmem } from 'node:os'

/** One figure. `ratio` is to `peer`, measured in the same run; absolute figures of one machine mean little. */
type Result = { metric: string; value: number; unit: string; peer?: string; ratio?: number }
type Bench = { readonly name: string; readonly bench: () => Promise<Result[]> }

const names = ['ledger', 'ledger-curve', 'intake'] as const
const [asked, ...rest] = process.argv.slice(2)
const json = rest.includes('--json')

if (!names.some((name) => name === asked)) {
  process.stderr.write(`usage: npm run bench -- <${names.join('|')}> [--json]\n`)
  process.exit(2)
}

const module = (await import(`../bench/${asked}.ts`)) as Bench
const results = await module.bench()
const machine = [
  `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  `${Math.round(totalmem() / 2 ** 30)} GiB`,
  `${process.platform} ${process.arch}`,
  `Node ${process.versions.node}`,
].join(', ')
if (json) {
  process.stdout.write(`${JSON.stringify({ name: module.name, machine, results })}\n`)
} else {
  process.stdout.write(`${module.name} on ${machine}\n`)
  for (const { metric, value, unit, peer, ratio } of results) {
    const against = ratio === undefined ? '' : `   ${ratio.toFixed(2)} x ${peer ?? ''}`
    process.stdout.write(`${metric.padEnd(22)}${value.toFixed(1).padStart(12)} ${unit}${against}\n`)
  }
}
process.exit(0)
