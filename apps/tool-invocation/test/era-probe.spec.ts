import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, rpcError } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

/** A third of it is waited for an answer to the probe. */
const CONNECT_MS = 6_000;

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation({ MCP_SESSION_POOL_CREATE_TIMEOUT: String(CONNECT_MS / 1_000) });
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

type Answering = (id: unknown, res: ServerResponse) => unknown;

/** Treats the probe as `probed` does; has sessions or, with `modern`, has none and speaks 2026-07-28 nevertheless. */
const start = async (probed: Answering, { modern = false } = {}) => {
  const server = await serve((req, res, body) => {
    const { id, method } = (body ?? {}) as { id?: unknown; method?: string };
    if (req.method !== 'POST') return json(res, '', 405);
    if (method === 'server/discover') return probed(id, res);
    if (method === 'initialize') {
      if (modern) return json(res, rpcError(id, -32601, 'Method not found'), 404);
      const about = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'x', version: '1' },
      };
      return json(res, result(id, about));
    }
    if (id === undefined) return res.writeHead(202).end();
    const text = String(req.headers['mcp-protocol-version']);
    if (method === 'tools/list') return json(res, result(id, { resultType: 'complete', tools: [] }));
    return json(res, result(id, { resultType: 'complete', content: [{ type: 'text', text }] }));
  });
  raw.push(server);
  return server;
};

const spokenTo = async (url: string): Promise<string> => {
  const { body } = await invocation.call(invocation.profile({ url }), 't');
  return JSON.parse(body ?? '').content[0].text;
};
const discovered =
  (more: object): Answering =>
  (id, res) =>
    json(res, result(id, { resultType: 'complete', capabilities: { tools: {} }, ...more }));

describe('the probe of an upstream with sessions', () => {
  it.each<[string, Answering]>([
    ['is HTTP 500', (_id, res) => res.writeHead(500).end('Internal Server Error')],
    ['is HTTP 501 without a body', (_id, res) => res.writeHead(501).end()],
    ['is HTTP 502 with a page', (_id, res) => res.writeHead(502, { 'content-type': 'text/html' }).end('<html>')],
    ['is HTTP 503 with JSON that is no message', (_id, res) => json(res, '{"error":"no"}', 503)],
    ['is HTTP 500 with -32603', (id, res) => json(res, rpcError(id, -32603, 'Internal error'), 500)],
    ['is a dropped connection', (_id, res) => res.destroy()],
    [
      'is a stream that breaks off',
      (_id, res) => {
        openStream(res);
        res.write(': begun\n\n');
        setTimeout(() => res.destroy(), 20);
      },
    ],
    ['is an empty stream', (_id, res) => (openStream(res), res.end())],
    ['is silence', () => undefined],
    ['is a silent stream', (_id, res) => (openStream(res), res.write(': wait\n\n'))],
    ['is 404 with -32601', (id, res) => json(res, rpcError(id, -32601, 'Method not found'), 404)],
    ['is 200 with -32601', (id, res) => json(res, rpcError(id, -32601, 'Method not found'))],
    ['is 404 with a page', (_id, res) => res.writeHead(404, { 'content-type': 'text/html' }).end('<html>')],
    ['is 405', (_id, res) => res.writeHead(405).end()],
    ['is 400 with a text', (_id, res) => res.writeHead(400).end('Bad Request: no session')],
    ['is 400 with -32602', (id, res) => json(res, rpcError(id, -32602, 'Invalid params'), 400)],
    ['is 400 with -32000 of nobody', (_id, res) => json(res, rpcError(null, -32000, 'Server not initialized'), 400)],
    ['is a page', (_id, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['is an empty result', (id, res) => json(res, result(id, {}))],
    ['names no versions', discovered({})],
    ['names an empty list of versions', discovered({ supportedVersions: [] })],
    ['names older versions alone', discovered({ supportedVersions: ['2025-11-25', '2025-06-18'] })],
    ['names versions that nobody knows', discovered({ supportedVersions: ['2031-01-01'] })],
    ['names its version in text', discovered({ supportedVersions: '2026-07-28' })],
    [
      'is -32022 with older versions alone',
      (id, res) => json(res, rpcError(id, -32022, 'Unsupported', { supported: ['2025-11-25'] }), 400),
    ],
  ])('an upstream is taken for one with sessions when its answer to the probe %s', async (_title, probed) => {
    const { url, requests } = await start(probed);
    expect(await spokenTo(url)).toBe('2025-11-25');
    expect(requests.filter(({ body }) => body.includes('server/discover'))).toHaveLength(1);
  });

  it('an upstream is taken for one with sessions when the probe is unanswered for a third of the time that connecting may take', async () => {
    const { url } = await start(() => undefined);
    const startedAtMs = performance.now();
    // With all of the time gone there would be none to connect in.
    expect(await spokenTo(url)).toBe('2025-11-25');
    expect(performance.now()).toBeGreaterThan(startedAtMs + CONNECT_MS / 3 - 50);
  });
});

describe('the probe of an upstream of 2026-07-28', () => {
  it.each<[string, Answering]>([
    ['names it among others', discovered({ supportedVersions: ['2025-11-25', '2026-07-28'] })],
    [
      'names it in an event',
      (id, res) => (
        openStream(res), res.end(event(result(id, { supportedVersions: ['2026-07-28'], capabilities: {} })))
      ),
    ],
    ['is 400 with -32021', (id, res) => json(res, rpcError(id, -32021, 'Missing capability'), 400)],
    ['is 404 with -32601, as is that to initialize', (id, res) => json(res, rpcError(id, -32601, 'No'), 404)],
  ])('an upstream is taken for one of 2026-07-28 when its answer to the probe %s', async (_title, probed) => {
    const { url } = await start(probed, { modern: true });
    expect(await spokenTo(url)).toBe('2026-07-28');
  });
});

describe('the probe of an upstream that lets nobody in', () => {
  it.each([
    [401, 'upstream.unauthorised'],
    [403, 'upstream.unauthorised'],
    [429, 'upstream.busy'],
    [302, 'upstream.invalid_answer'],
  ])(
    'the probe is no evidence of an era when its answer is HTTP %i, and initialize is not tried',
    async (status, code) => {
      const { url, requests } = await start((_id, res) => res.writeHead(status, { location: '/login' }).end());
      await expect(spokenTo(url)).rejects.toMatchObject({ code });
      expect(requests.some(({ body }) => body.includes('"initialize"'))).toBe(false);
    },
  );
});
