import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type FixtureEra,
  type Gateway,
  type SuiteReport,
  runConformanceSuite,
  startConformanceFixture,
  startGateway,
} from '#libs/testing';

/** Checks that fail, per upstream era and suite, each with the reason. A check that passes has to leave the file. */
type ExpectedFailures = Record<FixtureEra, Record<string, Record<string, string>>>;

const expected = JSON.parse(
  readFileSync(new URL('../../../docs/protocol/expected-failures.json', import.meta.url), 'utf8'),
) as ExpectedFailures;

const suites = {
  '2025-11-25': { requirements: '2025-11-25' },
  '2026-07-28': { requirements: '2026-07-28' },
  '2025-06-18': { suite: 'all', specVersion: '2025-06-18' },
} as const;

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
      const server = await gateway.admin.createServer(`suite-${era}`, [upstream]);
      removeUpstream = () => gateway.admin.call('DELETE', `/gateways/${upstream.id}`);
      endpoint = `${gateway.url}/servers/${server.id}/mcp`;
    });
    afterAll(async () => {
      await removeUpstream?.();
      await stopFixture?.();
    });

    it.each(Object.entries(suites))(
      '%s: fails only what the list of expected failures names',
      async (revision, selection) => {
        const report: SuiteReport = await runConformanceSuite(endpoint, selection);
        expect(report.checks.length, report.output).toBeGreaterThan(40);
        expect(report.failures, report.output).toEqual(Object.keys(expected[era][revision] ?? {}).sort());
      },
    );
  });
});
