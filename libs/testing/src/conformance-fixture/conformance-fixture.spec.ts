import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type TestContext, describe, expect, it } from 'vitest';
import { runConformanceSuite } from '../conformance-suite.js';
import { spawnSource } from '../source-process.js';
import { type FixtureEra, startConformanceFixture } from './conformance-fixture.js';

/** For one test, of those that run side by side. */
const start = async (era: FixtureEra, { onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<string> => {
  const fixture = await startConformanceFixture({ era });
  onTestFinished(() => fixture.stop());
  return fixture.url;
};

/** The suite spends most of its time waiting. */
const SIDE_BY_SIDE = { concurrent: true };

/** Before a gateway is put between, the fixture itself is beyond doubt. */
describe('the conformance fixture', () => {
  it.for(['both', 'apart', 'legacy'] as const)(
    'the conformance fixture passes every 2025-11-25 scenario when it serves %s',
    SIDE_BY_SIDE,
    async (era, test) => {
      const report = await runConformanceSuite(await start(era, test), { requirements: '2025-11-25' }, test.signal);
      expect(report.failures, report.output).toEqual([]);
      expect(report.passed).toBe(84);
    },
  );

  it.for(['both', 'apart', 'modern'] as const)(
    'the conformance fixture passes every 2026-07-28 scenario when it serves %s',
    SIDE_BY_SIDE,
    async (era, test) => {
      const report = await runConformanceSuite(await start(era, test), { requirements: '2026-07-28' }, test.signal);
      expect(report.failures, report.output).toEqual([]);
      expect(report.passed).toBe(196);
    },
  );

  it('the conformance fixture passes every 2025-06-18 scenario', SIDE_BY_SIDE, async (test) => {
    const selection = { suite: 'all', specVersion: '2025-06-18' };
    const report = await runConformanceSuite(await start('legacy', test), selection, test.signal);
    expect(report.failures, report.output).toEqual([]);
    expect(report.passed).toBe(56);
  });

  it('the conformance fixture serves one era alone when told to', async (test) => {
    const discover = (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'server/discover',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'server/discover',
          params: {
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {},
            },
          },
        }),
      });
    expect((await discover(await start('legacy', test))).status).toBe(400);
    const modern = await start('modern', test);
    expect((await discover(modern)).status).toBe(200);

    const legacyClient = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    await expect(legacyClient.connect(new StreamableHTTPClientTransport(new URL(modern)))).rejects.toThrow();
  });

  it('the conformance fixture runs in a process of its own', async () => {
    const child = spawnSource(new URL('./main.ts', import.meta.url), [], { ...process.env, ERA: 'modern' }, 'pipe');
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    expect(line.toString()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\n$/);
    child.kill('SIGKILL');
  });
});
