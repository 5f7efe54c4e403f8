import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const decoders = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
let gateway: Gateway;
let upstream: McpDouble;

beforeAll(async () => {
  const tools = Array.from({ length: 120 }, (_, at) => ({
    name: `look_up_${at}`,
    description: `Looks something up in table ${at}, and answers with all that is found there`,
    inputSchema: { type: 'object', properties: { query: { type: 'string' } } },
  }));
  upstream = await startMcpDouble({ name: 'tables', tools, call: () => '"content":[]' });
  gateway = await startGateway({ mode: 'embedded' });
  await gateway.admin.register({ name: 'tables', url: upstream.url });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

interface Raw {
  readonly status: number;
  readonly coding: string | undefined;
  readonly vary: string | undefined;
  readonly length: string | undefined;
  readonly body: Buffer;
}

const ask = (
  path: string,
  accepts: string,
  method = 'GET',
  body?: unknown,
  more: Record<string, string> = {},
): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${gateway.adminToken}`,
      'accept-encoding': accepts,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...more,
    };
    const asking = request(`${gateway.url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { 'content-encoding': coding, vary, 'content-length': length } = response.headers;
        resolve({ status: response.statusCode ?? 0, coding, vary, length, body: Buffer.concat(chunks) });
      });
    });
    asking.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
const textOf = ({ coding, body }: Raw): string =>
  String(coding === undefined ? body : decoders[coding as keyof typeof decoders](body));

describe('answers of REST', () => {
  it.each(['br', 'zstd', 'gzip'])('a list is compressed and says the same when its client takes %s', async (coding) => {
    const plain = await ask('/tools?limit=0', 'identity');
    const compressed = await ask('/tools?limit=0', `deflate, ${coding}`);
    expect([plain.coding, compressed.coding, compressed.vary]).toEqual([undefined, coding, 'Origin, Accept-Encoding']);
    expect(plain.vary).toBe('Origin, Accept-Encoding');
    expect(compressed.length).toBe(String(compressed.body.length));
    expect(textOf(compressed)).toBe(textOf(plain));
    expect(compressed.body.length).toBeLessThan(plain.body.length / 5);
  });

  it('a list has the same headers when HEAD is asked', async () => {
    const [head, get] = [await ask('/tools?limit=0', 'gzip', 'HEAD'), await ask('/tools?limit=0', 'gzip')];
    expect([head.status, head.coding, head.length, head.body.length]).toEqual([200, 'gzip', get.length, 0]);
  });

  it('the document of the API is compressed when its client takes that', async () => {
    const document = await ask('/openapi.json', 'br, gzip;q=0.5');
    expect(document.coding).toBe('br');
    expect(JSON.parse(textOf(document))).toHaveProperty('openapi');
  });

  it('an answer keeps the origin it is for in Vary when a page asks', async () => {
    const answer = await ask('/tools', 'gzip', 'GET', undefined, { origin: gateway.url });
    expect([answer.coding, answer.vary]).toEqual(['gzip', 'Origin, Accept-Encoding']);
  });

  it('an answer is not compressed when it is short, a failure, or of a log-in', async () => {
    expect((await ask('/health', 'gzip')).coding).toBeUndefined();
    expect((await ask('/gateways/00000000-0000-4000-8000-000000000000', 'gzip')).coding).toBeUndefined();
    expect((await ask('/tools?limit=1', 'gzip;q=0')).coding).toBeUndefined();
    for (const path of ['/auth/email/me', '/v1/auth/email/me', '/oauth/connections']) {
      const answer = await ask(path, 'gzip, identity;q=0');
      expect([answer.status, answer.coding]).toEqual([200, undefined]);
    }
  });

  it('an answer that shows a secret once is not compressed when its client refuses it as it is', async () => {
    const made = await ask('/tokens', 'gzip, identity;q=0', 'POST', { name: 'ci', description: 'x'.repeat(900) });
    expect([made.status, made.coding]).toEqual([201, undefined]);
    expect(JSON.parse(textOf(made)).access_token).toMatch(/^ey/);
    const [{ id }] = JSON.parse(textOf(await ask('/tools', 'identity'))) as [{ id: string }];
    const changed = await ask(`/tools/${id}/state?activate=true`, 'gzip, identity;q=0', 'POST');
    expect([changed.status, changed.coding]).toEqual([200, undefined]);
  });
});

it('fetch reads lists by REST and by MCP when it takes them compressed', async () => {
  const headers = { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' };
  const tools = await fetch(`${gateway.url}/tools?limit=0`, { headers });
  expect([tools.headers.get('content-encoding'), ((await tools.json()) as unknown[]).length]).toEqual([
    expect.stringMatching(/br|gzip|zstd/),
    120,
  ]);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const listed = await fetch(`${gateway.url}/rpc`, { method: 'POST', headers, body });
  expect(listed.headers.get('content-encoding')).toMatch(/br|gzip|zstd/);
  expect(await listed.json()).toMatchObject({ id: 1, result: { tools: { length: 120 } } });
});
