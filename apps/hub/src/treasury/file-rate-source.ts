import { open } from 'node:fs/promises'
import { treasuryErrors } from './errors.ts'
import { MAX_RATE_BYTES, readRateDocument } from './rate-document.ts'
import type { RateSource } from './rate-source.ts'

/**
 * A file that another program of the operator replaces whenever it knows something new; see rate-document.ts. A file
 * that is not there says nothing.
 */
export function createFileRateSource(options: { readonly name: string; readonly path: string }): RateSource {
  return {
    name: options.name,
    read: async () => {
      const file = await open(options.path, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw treasuryErrors.error('bad-rate', {}, error)
      })
      if (!file) return []
      try {
        const buffer = Buffer.alloc(MAX_RATE_BYTES + 1)
        const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
        return readRateDocument(buffer.subarray(0, bytesRead))
      } finally {
        await file.close()
      }
    },
  }
}
