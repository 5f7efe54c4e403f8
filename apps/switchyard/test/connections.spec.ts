import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ConformanceFixture, type Gateway, startConformanceFixture, startGateway } from '#libs/testing';

let gateway: Gateway;
let fixture: ConformanceFixture;

beforeAll(async () => {
  fixture = await startConformanceFixture({ era: 'modern' });
  gateway = await startGateway({ mode: 'distributed', replicas: 2 });
  await gateway.admin.register({ name: 'fixture', url: fixture.url, transport: 'AUTO' });
});
afterAll(async () => {
  await gateway?.stop();
  await fixture?.stop();
});

const headers = () => ({ authorization: `Bearer ${gateway.adminToken}` });

it('a gateway serves HTTP+SSE over two replicas, each message to the next of them', async () => {
  const client = new Client({ name: 'v1', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'Ann' } }));
  await client.connect(new SSEClientTransport(new URL(`${gateway.url}/sse`), { requestInit: { headers: headers() } }));

  const { tools } = await client.listTools();
  const named = (part: string): string => tools.find(({ name }) => name.includes(part))?.name ?? '';
  const onprogress = vi.fn();
  await client.callTool({ name: named('tool_with_progress') }, undefined, { onprogress });
  expect(onprogress).toHaveBeenCalled();
  const { content } = await client.callTool({ name: named('input_required_result_elicitation'), arguments: {} });
  expect(JSON.stringify(content)).toContain('Ann');
  for (let count = 0; count < 10; count++) await client.ping();
  await client.close();
});

it('a gateway serves WebSockets on each replica', async () => {
  for (const url of gateway.ingressUrls) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers: headers() });
    const message = new Promise<string>((resolve) => socket.on('message', (data) => resolve(data.toString())));
    await new Promise<void>((resolve, reject) => socket.once('open', resolve).on('error', reject));
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } }));
    expect(JSON.parse(await message).result.tools.length).toBeGreaterThan(5);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.close();
    await closed;
  }
});
