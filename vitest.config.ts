import { defineConfig } from 'vitest/config'

/** Files share a process and its module graph: a test keeps its state in its own database, never in a module. */
const shared = {
  isolate: false,
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 30_000,
} as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'product',
          include: ['apps/*/src/**/*.test.{ts,tsx}', 'packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
          globalSetup: ['./test/global-setup.ts'],
        },
      },
      { test: { ...shared, name: 'tools', include: ['tools/**/*.test.ts'] } },
    ],
  },
})
