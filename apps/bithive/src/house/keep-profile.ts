import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createSecrets } from '@bithive/kernel/secrets'
import { commandErrors } from '../command/errors.ts'

/**
 * A data folder belongs to the rules that it was begun under: its books are in their money. Opened under others, its
 * figures would be read in the wrong one. @throws command.other-profile with the profile that it has
 */
export async function keepProfile(directory: string, profile: string): Promise<void> {
  const found = await readFile(join(directory, 'profile'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) {
    await createSecrets({ directory, randomness: systemRandomness }).put('profile', profile)
  } else if (found.trim() !== profile) {
    throw commandErrors.error('other-profile', { began: found.trim(), asked: profile })
  }
}
