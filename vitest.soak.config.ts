import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // The kills take as long as all the others together, and wait for one process at a time.
    maxWorkers: 2,
  },
})
