import { buildConsole } from './build-console.ts'

/** A process of its own: vite's memory goes with it, and the house answers meanwhile. */
const [parent] = process.argv.slice(2)
if (!parent) throw new Error('the folder for builds is missing')
process.stdout.write(`${await buildConsole(parent)}\n`)
