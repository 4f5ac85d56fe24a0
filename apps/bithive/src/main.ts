import { fileURLToPath } from 'node:url'
import { runCommand } from './command/run-command.ts'

export { runCommand } from './command/run-command.ts'

// Imported by tests, run by people: only the second starts anything.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exit(await runCommand(process.argv.slice(2)))
}
