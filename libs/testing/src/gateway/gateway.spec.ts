import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerUpstream, startLedgerUpstream } from '../upstream/ledger-upstream.js';
import type { Gateway, GatewayOptions } from './gateway.js';
import { startGateway } from './start-gateway.js';

const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded' },
  'distributed, two replicas': { mode: 'distributed', replicas: 2 },
};

/** The harness itself: whole gateways from the build, in processes of their own. */
describe.each(Object.keys(modes))('a gateway that is %s', (name) => {
  const options = modes[name] as GatewayOptions;
  let gateway: Gateway;
  let upstream: LedgerUpstream;
  let path: string;

  beforeAll(async () => {
    upstream = await startLedgerUpstream();
    gateway = await startGateway(options);
    const registered = await gateway.admin.register({
      name: 'ledger',
      url: upstream.url,
      transport: 'STREAMABLEHTTP',
      toolPrefix: '',
    });
    const server = await gateway.admin.createServer('all of it', [registered]);
    path = `/servers/${server.id}/mcp`;
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  it.each(['modern', 'legacy'] as const)('a gateway runs a tool for a %s client of the official SDK', async (era) => {
    const client = await gateway.client(era, { path });
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['record']);
    for (let n = 0; n < 6; n++) {
      const id = `${era}-${n}`;
      expect(await client.callTool({ name: 'record', arguments: { id } })).toMatchObject({
        content: [{ type: 'text', text: id }],
      });
    }
    expect(upstream.executions.filter((id) => id.startsWith(era))).toHaveLength(6);
  });

  it('a gateway refuses who has no token', async () => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
    });
    expect(response.status).toBe(401);
  });

  it.runIf(options.replicas)('a gateway goes on with one replica of each service while the other is dead', async () => {
    const client = await gateway.client('modern', { path });
    for (const service of ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'] as const) {
      await gateway.kill(service, 0);
      expect(gateway.process(service, 0).server.running).toBe(false);
      const id = `without one ${service}`;
      expect(await client.callTool({ name: 'record', arguments: { id } })).toMatchObject({ content: [{ text: id }] });
      await gateway.restart(service, 0);
    }
  });

  it('a gateway leaves no process behind', async () => {
    const pids = gateway.processes.map(({ server }) => server.pid);
    await gateway.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
