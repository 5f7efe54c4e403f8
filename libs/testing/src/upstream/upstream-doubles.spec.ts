import fs from 'node:fs';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { type BrokenAnswer, brokenAnswers, brokenLists, startBrokenUpstream } from './broken-upstream.js';
import { startFastUpstream } from './fast-upstream.js';
import { startLedgerUpstream } from './ledger-upstream.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const connect = async (url: string, era: 'legacy' | 'modern'): Promise<Client> => {
  const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  stops.unshift(() => client.close());
  return client;
};

const record = (client: Client, id: string) => client.callTool({ name: 'record', arguments: { id } });

describe.each(['legacy', 'modern'] as const)('to a %s client of the official SDK', (era) => {
  it('the fast upstream lists and runs its tools', async () => {
    const upstream = await startFastUpstream({ tools: 30 });
    stops.push(upstream.stop);
    const client = await connect(upstream.url, era);
    expect((await client.listTools()).tools).toHaveLength(30);
    expect(await client.callTool({ name: 'echo', arguments: { text: 'a "b" 🙂' } })).toMatchObject({
      content: [{ type: 'text', text: 'a "b" 🙂' }],
    });
    await expect(client.callTool({ name: 'nothing' })).rejects.toThrow(/Unknown tool/);
  });

  it('the ledger upstream writes down each execution, whatever becomes of the answer', async () => {
    const folder = temporaryFolder('ledger');
    stops.push(async () => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'ledger');
    const upstream = await startLedgerUpstream({ file });
    stops.push(upstream.stop);
    const client = await connect(upstream.url, era);
    await record(client, 'a');
    upstream.failure = 'tool-error';
    expect(await record(client, 'b')).toMatchObject({ isError: true });
    upstream.failure = 'rpc-error';
    await expect(record(client, 'c')).rejects.toThrow(/bad mood/);
    upstream.failure = 'http-500';
    await expect(record(client, 'd')).rejects.toThrow();
    upstream.failure = 'close';
    await expect(record(client, 'e')).rejects.toThrow();
    upstream.failure = 'none';
    await record(client, 'a');
    expect(upstream.executions).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
    expect(fs.readFileSync(file, 'utf8')).toBe('a\nb\nc\nd\ne\na\n');
  });

  it('the broken upstream is well until the broken part is asked for', async () => {
    const upstream = await startBrokenUpstream();
    stops.push(upstream.stop);
    const client = await connect(upstream.whenCalled('garbage'), era);
    expect((await client.listTools()).tools).toHaveLength(1);
    await expect(client.callTool({ name: 'break' })).rejects.toThrow();
  });
});

describe('the broken upstream', () => {
  const call = (id: number) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'break', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } },
    }),
    redirect: 'manual' as const,
  });

  const endless = new Set<BrokenAnswer>(['endless-body', 'endless-comments', 'endless-progress', 'slow-bytes']);

  it.each(brokenAnswers)('the broken upstream breaks by %s: no correct answer comes', async (mode) => {
    const upstream = await startBrokenUpstream();
    stops.push(upstream.stop);
    const outcome = await fetch(upstream.whenCalled(mode), { ...call(7), signal: AbortSignal.timeout(700) })
      .then(async (response) => {
        if (response.status !== 200) return `status ${response.status}`;
        if (endless.has(mode)) {
          await response.body?.getReader().read();
          return 'goes on';
        }
        return Buffer.from(await response.arrayBuffer());
      })
      .catch((error: Error) => error.name);
    const plain = JSON.stringify({ content: [{ type: 'text', text: 'broken' }], resultType: 'complete' });
    if (Buffer.isBuffer(outcome)) expect(outcome.toString()).not.toBe(`{"jsonrpc":"2.0","id":7,"result":${plain}}`);
    else expect(outcome).toMatch(/^(status \d+|goes on|TimeoutError|TypeError)$/);
  });

  it.each(brokenLists)('the broken upstream lists by %s', async (mode) => {
    const upstream = await startBrokenUpstream();
    stops.push(upstream.stop);
    const request = call(1);
    const response = await fetch(upstream.whenListed(mode), {
      ...request,
      body: request.body.replace('tools/call', 'tools/list'),
    });
    const { result } = (await response.json()) as { result: { tools: unknown; nextCursor?: string } };
    expect(Array.isArray(result.tools) && result.tools.length === 1 && result.nextCursor === undefined).toBe(false);
  });
});
