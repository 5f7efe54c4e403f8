import { defineConfig } from 'vitest/config';

// `switchyard` makes `#libs/*` lead to the TypeScript sources instead of the build.
const conditions = ['switchyard', 'node', 'default'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: ['switchyard'] } };

const needsServers = [
  '**/*.{nats,pg,redis,contract}.spec.ts',
  '{apps,libs}/*/test/**/*.spec.ts',
  'libs/testing/**/*.spec.ts',
  'bench/**/*.spec.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts'],
          exclude: needsServers,
          testTimeout: 10_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Real NATS, Redis, Postgres, whole gateways.
          name: 'integration',
          include: needsServers,
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
