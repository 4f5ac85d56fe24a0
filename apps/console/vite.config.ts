import { defineConfig, mergeConfig } from 'vite'
import { buildSettings } from './src/build/build-settings.ts'

/**
 * For `vite` while a screen is being written: pages come from here, data from a running house whose address stands in
 * BITHIVE_CONSOLE_HOUSE, which takes what the pages send for its own. The house itself builds with the same settings.
 */
const house = process.env.BITHIVE_CONSOLE_HOUSE ?? 'http://localhost:4180'
const proxied = Object.fromEntries(
  ['/hub', '/site', '/house', '/docs', '/status', '/healthz'].map((path) => [
    path,
    { target: house, headers: { origin: house } },
  ]),
)

export default defineConfig(mergeConfig(buildSettings(), { server: { host: '127.0.0.1', proxy: proxied } }))
