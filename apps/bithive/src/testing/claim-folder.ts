import { once } from 'node:events'
import { DomainError } from '@bithive/kernel/errors'
import { claimDataFolder } from '../house/claim-data-folder.ts'

/** Waits for a word, claims the folder, says what came of it, and stays until it is killed. */
await once(process.stdin, 'data')
try {
  await claimDataFolder(process.argv[2] as string)
  process.stdout.write('claimed\n')
} catch (error) {
  process.stdout.write(`held by ${error instanceof DomainError ? error.facts.pid : error}\n`)
}
