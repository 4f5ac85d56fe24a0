import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

/**
 * Runs inside a sandbox at the agent's start and reports what it could reach, so that the node's facts are measured:
 * a server on the host's loopback, a file of the host beside its own folder, and whether ONNX loads in here.
 */

function reach(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.setTimeout(2_000, () => socket.destroy())
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

function succeeds(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}

const folder = process.argv[2] ?? ''
const { port, beside } = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as { port: number; beside: string }
const addresses = Object.values(networkInterfaces()).flat()
const seen = {
  reachedHost: await reach(port),
  otherInterfaces: addresses.filter((address) => address && !address.internal).length,
  sawBeside: succeeds(() => readdirSync(beside)),
  onnx: succeeds(() => createRequire(import.meta.url)('onnxruntime-node')),
}
writeFileSync(join(folder, 'result.json'), JSON.stringify(seen))
process.stdout.write(`${JSON.stringify({ done: true, cpuMs: 0 })}\n`)
process.exit(0)
