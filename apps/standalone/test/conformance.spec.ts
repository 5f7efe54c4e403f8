import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FixtureEra,
  type Gateway,
  runConformanceSuite,
  startConformanceFixture,
  startGateway,
} from '#libs/testing';

/** Checks that fail for one reason. A check that passes has to leave the list. */
interface ExpectedFailures {
  readonly reason: string;
  readonly suite: string;
  readonly upstreams: readonly FixtureEra[];
  readonly checks: readonly string[];
}

const expected = JSON.parse(
  readFileSync(new URL('../../../docs/protocol/expected-failures.json', import.meta.url), 'utf8'),
) as ExpectedFailures[];

const expectedOf = (suite: string, era: FixtureEra): string[] =>
  expected
    .filter((group) => group.suite === suite && group.upstreams.includes(era))
    .flatMap(({ checks }) => checks)
    .sort();

/** With the least number of checks that pass, so that none is left out in silence. */
const suites = [
  { suite: '2025-11-25', selection: { requirements: '2025-11-25' }, passed: { both: 80, legacy: 80, modern: 80 } },
  { suite: '2026-07-28', selection: { requirements: '2026-07-28' }, passed: { both: 194, legacy: 187, modern: 194 } },
  {
    suite: '2025-06-18',
    selection: { suite: 'all', specVersion: '2025-06-18' },
    passed: { both: 56, legacy: 56, modern: 56 },
  },
] as const;

/** The suite itself waits for tasks to run their time. */
const SUITE_TIMEOUT_MS = 150_000;

describe.each(['embedded', 'distributed'] as const)('the MCP conformance suite through the gateway, %s', (mode) => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({ mode, replicas: 2, env: { AUTH_REQUIRED: 'false' } });
  });
  afterAll(() => gateway?.stop());

  describe.each(['both', 'legacy', 'modern'] as const)('to an upstream that speaks: %s', (era) => {
    let endpoint: string;
    let stopFixture: (() => Promise<unknown>) | undefined;
    let removeUpstream: (() => Promise<unknown>) | undefined;

    beforeAll(async () => {
      const fixture = await startConformanceFixture({ era });
      stopFixture = () => fixture.stop();
      const upstream = await gateway.admin.register({
        name: `fixture-${era}`,
        url: fixture.url,
        transport: 'STREAMABLEHTTP',
        toolPrefix: '',
      });
      removeUpstream = () => gateway.admin.call('DELETE', `/gateways/${upstream.id}`);
      const server = await gateway.admin.createServer(`suite-${era}`, [upstream]);
      endpoint = `${gateway.url}/servers/${server.id}/mcp`;
    });
    afterAll(async () => {
      await removeUpstream?.();
      await stopFixture?.();
    });

    it.for(suites)(
      '$suite: fails only what the list of expected failures names',
      { timeout: SUITE_TIMEOUT_MS },
      async (run, { signal }) => {
        const report = await runConformanceSuite(endpoint, run.selection, signal);
        const shown = `${report.output}\n${gateway.logs()}`;
        expect(report.failures, shown).toEqual(expectedOf(run.suite, era));
        expect(report.passed, shown).toBeGreaterThanOrEqual(run.passed[era]);
      },
    );
  });
});
