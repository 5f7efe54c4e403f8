import { existsSync } from 'node:fs';
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
  // But for what reads files alone.
  'libs/testing/src/!(rules)/**/*.spec.ts',
  'libs/testing/src/!(docs).spec.ts',
  'bench/**/*.spec.ts',
  'deploy/test/*.server.spec.ts',
];

/** Minutes, and what `npm run pack` makes: by `npm run newcomer` alone. */
const NEWCOMER = 'apps/switchyard/test/newcomer.spec.ts';

/** The longest first, so that none of them is left to run alone at the end: all that take more than 20 s. */
const LONG = [
  'apps/switchyard/test/growth.spec.ts',
  'apps/switchyard/test/clients-stay-signed-in.spec.ts',
  'apps/switchyard/test/conformance.spec.ts',
  'deploy/test/chaos.server.spec.ts',
  'apps/switchyard/test/faults-stores.spec.ts',
  'apps/switchyard/test/replicas.spec.ts',
  'apps/switchyard/test/changes.spec.ts',
  'apps/switchyard/test/parties.spec.ts',
  'apps/switchyard/test/odd-upstreams.spec.ts',
  'apps/switchyard/test/console.spec.ts',
  'apps/switchyard/test/console-live.spec.ts',
  'apps/switchyard/test/console-flows.spec.ts',
  'apps/switchyard/test/site.spec.ts',
  'apps/switchyard/test/conformance-client.spec.ts',
  'deploy/test/soak.server.spec.ts',
  'deploy/test/edge-connectors.server.spec.ts',
  'deploy/test/edge-restart.server.spec.ts',
  'apps/metrics/test/faults.spec.ts',
  'apps/switchyard/test/lifecycle.spec.ts',
  'apps/auth/test/auth-service.spec.ts',
  'apps/switchyard/test/url-elicitation.spec.ts',
  'apps/switchyard/test/checkout.spec.ts',
  'apps/switchyard/test/questions.spec.ts',
  'apps/switchyard/test/first-call.spec.ts',
  'apps/tool-invocation/test/questions.spec.ts',
  'apps/switchyard/test/http-apis.spec.ts',
  'apps/switchyard/test/killed-tasks.spec.ts',
  'apps/switchyard/test/isolation.spec.ts',
  'libs/storage/src/postgres/database.pg.spec.ts',
  'apps/switchyard/test/import.spec.ts',
  'apps/switchyard/test/telemetry.spec.ts',
  'apps/switchyard/test/extensions.spec.ts',
  'apps/switchyard/test/parked-calls.spec.ts',
  'apps/switchyard/test/list-caching.spec.ts',
  'libs/storage/src/postgres/embedded/embedded-postgres.pg.spec.ts',
  'libs/bus/src/nats/answering/lost-requests.nats.spec.ts',
  'apps/switchyard/test/command-line.spec.ts',
  'apps/switchyard/test/contextforge-paths.spec.ts',
  'apps/switchyard/test/unread-answers.spec.ts',
  'apps/switchyard/test/browser.spec.ts',
  'apps/switchyard/test/refusals.spec.ts',
  'libs/testing/src/gateway/gateway.spec.ts',
  'apps/switchyard/test/closed-inside.spec.ts',
  'apps/switchyard/test/stateful-upstreams.spec.ts',
  'apps/switchyard/test/strangers.spec.ts',
  'libs/bus/src/nats/nats-bus.nats.spec.ts',
  'apps/switchyard/test/hidden-secrets.spec.ts',
  'apps/switchyard/test/audit.spec.ts',
  'apps/tool-invocation/test/tasks.spec.ts',
  'apps/tool-invocation/test/health.spec.ts',
  'libs/bus/src/bus.contract.spec.ts',
  'apps/switchyard/test/own-sign-in.spec.ts',
  'apps/switchyard/test/guide-large-catalogs.spec.ts',
  'apps/tool-invocation/test/bridge.spec.ts',
  'libs/testing/src/conformance-fixture/conformance-fixture.spec.ts',
  'apps/switchyard/test/byte-fidelity.spec.ts',
];

for (const file of LONG)
  if (!existsSync(new URL(file, import.meta.url))) throw new Error(`${file} of LONG is not there`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((file) => moduleId.endsWith(file));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((one, other) => placeOf(one) - placeOf(other));
  }
}

/** Every limit is for what never comes: on a machine that stands still for seconds all of it comes, late. */
const expect = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    pool: 'forks',
    setupFiles: ['libs/testing/src/patience.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'deploy/test/*.spec.ts'],
          exclude: needsServers,
          // A file costs its tests, not the loading of Nest: what it leaves behind in globals or timers is its fault.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 480_000,
          expect,
        },
      },
      {
        resolve,
        ssr,
        test: {
          // Real NATS, Redis, Postgres, whole gateways.
          name: 'integration',
          include: needsServers,
          exclude: ['**/node_modules/**', '**/dist/**', NEWCOMER],
          // On two cores: half of them wait, as a rule, for a time to pass that a test is about.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 480_000,
          expect,
        },
      },
      {
        resolve,
        ssr,
        test: { name: 'newcomer', include: [NEWCOMER], testTimeout: 960_000, hookTimeout: 480_000, expect },
      },
    ],
  },
});
