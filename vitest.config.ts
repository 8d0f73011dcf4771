import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'

/** MSAL keeps for the whole process where a managed identity was found, and @azure/identity its tokens. */
const ALONE = [
  'test/contract/tenant-{clients,managed-identity}.test.ts',
  'test/unit/cli/vault/credential{,-managed}.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Three for two cores: much of a test's time is waiting for a child process or a socket.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/soak/**', ...ALONE],
          // A new worker for each of some 250 files takes a quarter of the time.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
  },
})
