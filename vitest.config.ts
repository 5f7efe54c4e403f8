import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// `switchyard` makes `#libs/*` lead to the TypeScript sources instead of the build.
const conditions = ['switchyard', 'node', 'default'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: ['switchyard'] } };

// The tests start some hundred Node processes, gateways among them: what V8 has compiled is kept for the next.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/v8', import.meta.url));

const needsServers = [
  '**/*.{nats,pg,redis,contract}.spec.ts',
  '{apps,libs}/*/test/**/*.spec.ts',
  'libs/testing/**/*.spec.ts',
  'bench/**/*.spec.ts',
  'deploy/test/*.server.spec.ts',
];

/** The longest first, so that none of them is left to run alone at the end. */
const LONG = [
  'apps/switchyard/test/conformance.spec.ts',
  'apps/switchyard/test/growth.spec.ts',
  'apps/metrics/test/faults.spec.ts',
  'apps/switchyard/test/faults-stores.spec.ts',
  'apps/switchyard/test/lifecycle.spec.ts',
  'apps/switchyard/test/parties.spec.ts',
  'apps/switchyard/test/replicas.spec.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((file) => moduleId.endsWith(file));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((one, other) => placeOf(one) - placeOf(other));
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'deploy/test/*.spec.ts'],
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
          // What is polled for comes, but late on a busy machine.
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
  },
});
