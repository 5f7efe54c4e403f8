import { execFileSync } from 'node:child_process';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

let gateway: Gateway;
let upstream: McpDouble;
let calls = 0;
let release: () => void = () => undefined;

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  release = resolve;
  upstream = await startMcpDouble({
    name: 'double',
    tools: ['quick', 'slow'].map((name) => ({ name, description: name, inputSchema: { type: 'object' } })),
    call: async ({ name }) => {
      calls++;
      if (name === 'slow') await promise;
      return '"content":[]';
    },
  });
  gateway = await startGateway({ mode: 'embedded', env: { METRICS_BUFFER_ENABLED: 'false' } });
  await gateway.admin.register({ name: 'double', url: upstream.url });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const call = async (name: string) => {
  const response = await fetch(`${gateway.url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${gateway.adminToken}`,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: `double-${name}`, arguments: {} },
    }),
  });
  return { status: response.status, body: await response.json() };
};
const ready = async () => {
  const response = await fetch(`${gateway.url}/ready`);
  return { status: response.status, body: await response.json() };
};
/** What the disk takes of any one file. A write beyond fails, as one to a full disk does. */
const limitFiles = (bytes: string): void =>
  void execFileSync('prlimit', [
    '--pid',
    String(gateway.process('switchyard').server.pid),
    `--fsize=${bytes}:unlimited`,
  ]);
const recorded = async (): Promise<number> => {
  const response = await fetch(`${gateway.url}/metrics/prometheus`, {
    headers: { authorization: `Bearer ${gateway.adminToken}` },
  });
  const lines = (await response.text())
    .split('\n')
    .filter((line) => /^switchyard_tool_calls_total\{.*outcome="ok"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

it('a gateway whose disk is full is not ready and runs no call, and every call that ran has its record', async () => {
  expect((await call('quick')).status).toBe(200);
  const slow = call('slow');
  await vi.waitUntil(() => calls === 2);

  limitFiles('1');
  const refused = await call('quick');
  expect(refused).toMatchObject({
    status: 503,
    body: { error: { data: { reason: 'platform.not_ready', executed: 'no' } } },
  });
  expect(calls).toBe(2);
  expect(await ready()).toMatchObject({
    status: 503,
    body: { reasons: { 'call records': 'the disk does not take them' } },
  });
  release();
  expect((await slow).status).toBe(200);

  limitFiles('unlimited');
  await vi.waitFor(async () => expect((await ready()).status).toBe(200));
  expect((await call('quick')).status).toBe(200);
  expect(calls).toBe(3);
  await vi.waitFor(async () => expect(await recorded()).toBe(3));
});
