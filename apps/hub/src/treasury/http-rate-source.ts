import { treasuryErrors } from './errors.ts'
import { MAX_RATE_BYTES, readRateDocument } from './rate-document.ts'
import type { RateSource } from './rate-source.ts'

const TIMEOUT_MS = 5_000

/** Only this machine may be asked without TLS. */
function isAllowed(url: URL): boolean {
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback)
}

/**
 * A service that answers with the document of rate-document.ts. It is asked at exactly this address: a redirection is
 * no answer, nor is anything too large or too slow. @throws treasury.bad-rate
 */
export function createHttpRateSource(options: { readonly name: string; readonly url: string }): RateSource {
  const url = new URL(options.url)
  if (!isAllowed(url)) throw treasuryErrors.error('bad-rate', { source: options.name })
  return {
    name: options.name,
    read: async (signal) => {
      const response = await fetch(url, {
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: { accept: 'application/json' },
      })
      if (response.status !== 200 || !response.body) throw treasuryErrors.error('bad-rate', { source: options.name })
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        size += chunk.length
        if (size > MAX_RATE_BYTES) throw treasuryErrors.error('bad-rate', { source: options.name })
        chunks.push(chunk)
      }
      return readRateDocument(Buffer.concat(chunks))
    },
  }
}
