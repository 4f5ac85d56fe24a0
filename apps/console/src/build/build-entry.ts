import { stripVTControlCharacters } from 'node:util'
import { buildConsole } from './build-console.ts'

/** A process of its own: vite's memory goes with it, and the house answers meanwhile. */
const [parent] = process.argv.slice(2)
if (!parent) throw new Error('the folder for builds is missing')
try {
  process.stdout.write(`${await buildConsole(parent)}\n`)
} catch (error) {
  const said = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${stripVTControlCharacters(said)}\n`)
  process.exitCode = 1
}
