import { type IncomingHttpHeaders, request } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import { CatalogChanged } from '#libs/contracts';
import { Rig, catalogOf, modern, modernHeaders, openSession, tool } from './rig.js';

const decoders = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
type Coding = keyof typeof decoders;

let rig: Rig;
let url: string;
afterEach(() => rig.stop());

const start = async (env: Record<string, string> = {}): Promise<void> => {
  rig = new Rig(env);
  rig.catalogs.set(null, catalogOf({ tools: Array.from({ length: 300 }, (_, at) => tool(`t${at}`)) }));
  rig.execute = async ({ target }) =>
    new WithBody(
      { kind: 'result' },
      Buffer.from(JSON.stringify({ content: [{ type: 'text', text: `${target} ü `.repeat(6_000) }] })),
    );
  url = await rig.start();
};

interface Raw {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As it is on the wire: nothing here decodes it. */
const post = (body: unknown, headers: Record<string, string>, path = '/mcp'): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const asking = request(
      `${url}${path}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
      },
    );
    asking.on('error', reject).end(JSON.stringify(body));
  });
const list = (accepts: string, params = {}): Promise<Raw> =>
  post(modern('tools/list', params), { ...modernHeaders('tools/list'), 'accept-encoding': accepts });
const call = (accepts: string, name = 't1', more: Record<string, string> = {}): Promise<Raw> =>
  post(modern('tools/call', { name, arguments: {} }), {
    ...modernHeaders('tools/call', name),
    'accept-encoding': accepts,
    ...more,
  });
const codingOf = ({ headers }: Raw): string | undefined => headers['content-encoding'];
/** Reading fails where a byte is missing or too much. */
const read = ({ headers, body }: Raw): { id: unknown; result: Record<string, unknown> } => {
  const coding = headers['content-encoding'] as Coding | undefined;
  expect(headers['content-length']).toBe(String(body.length));
  return JSON.parse(String(coding === undefined ? body : decoders[coding](body)));
};

describe.each(['br', 'zstd', 'gzip'] as const)('what a client is answered that takes %s', (coding) => {
  it('a list is compressed, and says the same as one that is not, page by page, when it is asked for again and again', async () => {
    await start({ LIST_PAGE_SIZE: '120' });
    const plain = await list('identity');
    expect(codingOf(plain)).toBeUndefined();
    let cursor: unknown;
    const names: unknown[] = [];
    do {
      const [first, again] = [await list(coding, { cursor }), await list(coding, { cursor })];
      expect([codingOf(first), codingOf(again), first.headers.vary]).toEqual([coding, coding, 'Accept-Encoding']);
      const { id, result } = read(again);
      expect(id).toBe(1);
      expect(Object.keys(result)).toEqual(Object.keys(read(first).result));
      if (cursor === undefined) expect(Object.keys(result)).toEqual(Object.keys(read(plain).result));
      names.push(...(result['tools'] as { name: string }[]).map(({ name }) => name));
      cursor = result['nextCursor'];
    } while (cursor !== undefined);
    expect(names).toEqual(Array.from({ length: 300 }, (_, at) => `t${at}`));
  });

  it('a list is compressed for a session when its client is of 2025-11-25', async () => {
    await start();
    const session = await openSession(`${url}/mcp`);
    const body = { jsonrpc: '2.0', id: 'ä"1', method: 'tools/list' };
    const answer = await post(body, { ...session, 'accept-encoding': coding });
    expect(codingOf(answer)).toBe(coding);
    const { id, result } = read(answer);
    expect([id, (result['tools'] as unknown[]).length]).toEqual(['ä"1', 300]);
  });

  it('a list is the new one when it has changed since it was compressed', async () => {
    await start();
    expect((read(await list(coding)).result['tools'] as unknown[]).length).toBe(300);
    rig.catalogs.set(
      null,
      catalogOf({ revision: 2, tools: [tool('new'), ...Array.from({ length: 50 }, (_, at) => tool(`n${at}`))] }),
    );
    rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
    await vi.waitFor(async () => expect((read(await list(coding)).result['tools'] as unknown[]).length).toBe(51));
  });

  it('a large result is compressed as it is, and a small one is not', async () => {
    await start();
    const large = await call(coding);
    expect(codingOf(large)).toBe(coding);
    expect(large.body.length).toBeLessThan(5_000);
    const plain = await call('identity');
    expect(read(large)).toEqual(read(plain));
    expect(read(plain).result['content']).toEqual([{ type: 'text', text: 'up_t1 ü '.repeat(6_000) }]);
    rig.execute = async () => new WithBody({ kind: 'result' }, JSON.stringify({ content: ['x'.repeat(30_000)] }));
    expect(codingOf(await call(coding))).toBeUndefined();
  });
});

describe('what is never compressed', () => {
  it('an event stream is not compressed when its client takes every coding', async () => {
    await start({ JSON_RESPONSE_ENABLED: 'false' });
    const session = await openSession(`${url}/mcp`);
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const answer = await post(body, { ...session, 'accept-encoding': 'gzip, br, zstd' });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    expect(codingOf(answer)).toBeUndefined();
    expect(String(answer.body)).toContain('"name":"t299"');
  });

  it('an error is not compressed when it is long', async () => {
    await start();
    const params = { name: 'x'.repeat(2_000), arguments: {} };
    const refused = await post(modern('tools/call', params), {
      ...modernHeaders('tools/call', params.name),
      'accept-encoding': 'gzip',
    });
    expect([codingOf(refused), String(refused.body).includes('"error"')]).toEqual([undefined, true]);
  });

  it('nothing is compressed when it is switched off or its client takes another coding alone', async () => {
    await start({ COMPRESSION_ENABLED: 'false' });
    expect([codingOf(await list('gzip')), codingOf(await call('gzip'))]).toEqual([undefined, undefined]);
    await rig.stop();
    await start();
    for (const accepts of ['deflate', 'gzip;q=0', '*;q=0', 'identity, gzip;q=0.5']) {
      expect([codingOf(await list(accepts)), codingOf(await call(accepts))]).toEqual([undefined, undefined]);
    }
  });
});

it('a list that is short is compressed when its client refuses it as it is', async () => {
  await start();
  rig.catalogs.set(null, catalogOf({ tools: [] }));
  expect(codingOf(await list('gzip'))).toBeUndefined();
  expect(codingOf(await list('gzip, identity;q=0'))).toBe('gzip');
});

it('the official client reads lists and results when it takes them compressed', async () => {
  await start();
  const client = new Client({ name: 'v2', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const codings: (string | null)[] = [];
  const fetching: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    codings.push(answer.headers.get('content-encoding'));
    return answer;
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { fetch: fetching }));
  for (let n = 0; n < 3; n++) expect((await client.listTools()).tools).toHaveLength(300);
  const { content } = await client.callTool({ name: 't2', arguments: {} });
  expect(content).toEqual([{ type: 'text', text: 'up_t2 ü '.repeat(6_000) }]);
  expect(new Set(codings.slice(1)).has(null)).toBe(false);
  await client.close();
});

it('many clients that ask for a list at once are each answered when it was not compressed before', async () => {
  await start();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => list(['br', 'gzip', 'zstd'][at % 3] as Coding)),
  );
  for (const answer of answers) expect((read(answer).result['tools'] as unknown[]).length).toBe(300);
  expect(answers.every((answer) => codingOf(answer) !== undefined)).toBe(true);
});
