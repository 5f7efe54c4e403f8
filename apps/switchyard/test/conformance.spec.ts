import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FixtureEra,
  type Gateway,
  type GatewayOptions,
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

/** With the number of checks that pass, so that none is left out in silence. */
const sessionSuite = { suite: '2025-11-25', selection: { requirements: '2025-11-25' } } as const;
const suites = [
  // All but `server-sse-multiple-streams:server-sse-streams-functional`, which looks at streams: lists are JSON here.
  { ...sessionSuite, passed: { both: 83, apart: 83, legacy: 83, modern: 83 } },
  {
    suite: '2026-07-28',
    selection: { requirements: '2026-07-28' },
    passed: { both: 194, apart: 194, legacy: 187, modern: 194 },
  },
  {
    suite: '2025-06-18',
    selection: { suite: 'all', specVersion: '2025-06-18' },
    passed: { both: 56, apart: 56, legacy: 56, modern: 56 },
  },
] as const;
/** Each answer of a session as a stream: every check there is. */
const streamingSuites = [{ ...sessionSuite, passed: { both: 84, apart: 84, legacy: 84, modern: 84 } }] as const;

/**
 * So that a call that takes long has its stream closed early, as the scenario `server-sse-polling` wants to see: after
 * 3.2 to 4.4 seconds. What the suite comes back for is closed no sooner than 3 seconds later; the tool takes 5.3.
 */
const polling = { STREAM_AFTER_MS: '250', SSE_POLL_AFTER: '3' };

/** The suite itself waits for tasks to run their time. */
const SUITE_TIMEOUT_MS = 1_200_000;
/** Of all gateways together. */
const START_TIMEOUT_MS = 1_200_000;

/** The suite spends most of its time waiting, so the gateways are asked side by side; each by one suite at a time. */
const SIDE_BY_SIDE = { concurrent: true };
const IN_TURN = { concurrent: false };

/** One after the other, since a start is work for every core. */
let started: Promise<unknown> = Promise.resolve();
const startInTurn = (options: GatewayOptions): Promise<Gateway> => {
  const gateway = started.then(() => startGateway(options));
  started = gateway.catch(() => {});
  return gateway;
};

describe.each([
  { mode: 'embedded', answers: 'JSON', JSON_RESPONSE_ENABLED: 'true', runs: suites },
  { mode: 'distributed', answers: 'JSON', JSON_RESPONSE_ENABLED: 'true', runs: suites },
  { mode: 'embedded', answers: 'streams', JSON_RESPONSE_ENABLED: 'false', runs: streamingSuites },
  { mode: 'distributed', answers: 'streams', JSON_RESPONSE_ENABLED: 'false', runs: streamingSuites },
] as const)(
  'the MCP conformance suite through the gateway, $mode, answering sessions by $answers',
  SIDE_BY_SIDE,
  (way) => {
    let gateway: Gateway;

    beforeAll(async () => {
      const { mode, JSON_RESPONSE_ENABLED } = way;
      gateway = await startInTurn({
        mode,
        replicas: 2,
        env: { AUTH_REQUIRED: 'false', JSON_RESPONSE_ENABLED, ...polling },
      });
    }, START_TIMEOUT_MS);
    afterAll(() => gateway?.stop());

    describe.each(['both', 'apart', 'legacy', 'modern'] as const)('to an upstream that speaks: %s', IN_TURN, (era) => {
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

      it.for<(typeof suites)[number] | (typeof streamingSuites)[number]>(way.runs)(
        'the gateway fails only what the list of expected failures names: $suite',
        { timeout: SUITE_TIMEOUT_MS },
        async (run, { signal }) => {
          const known = expectedOf(run.suite, era);
          const report = await runConformanceSuite(endpoint, run.selection, signal, known);
          const shown = `${report.output}\n${gateway.logs()}`;
          expect(report.failures, shown).toEqual(known);
          expect(report.passed, shown).toBe(run.passed[era]);
        },
      );
    });
  },
);
