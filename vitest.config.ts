import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/soak/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Three for two cores: much of a test's time is waiting for a child process or a socket.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
  },
})
