import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { UserConfig } from 'vite'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** How the console is built: two entries, a file per page, nothing fetched from elsewhere and no script inline. */
export function buildSettings(outDir = 'dist'): UserConfig {
  const resolve = createRequire(import.meta.url).resolve
  return {
    root: ROOT,
    appType: 'mpa',
    plugins: [react()],
    // Cornerstone asks for Node's «events»; the trailing slash names the package instead of the built-in module.
    resolve: { alias: { events: resolve('events/') } },
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      manifest: true,
      // A data address would need a wider content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // Counted by our own check, over what is really loaded.
      reportCompressedSize: false,
      chunkSizeWarningLimit: 4_000,
      rolldownOptions: { input: { index: `${ROOT}index.html`, m: `${ROOT}m.html` } },
    },
  }
}
