import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamProfile } from '#libs/contracts';
import { type ConformanceFixture, startConformanceFixture } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';
import { json, result, rpcError } from './raw-upstream.js';
import { serve, type TestServer } from './sdk-servers.js';

let invocation: Invocation;
const servers: { close?: () => unknown; stop?: () => unknown }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation({ MCP_SESSION_POOL_CREATE_TIMEOUT: '6' });
});
afterAll(async () => {
  await invocation.close();
  for (const server of servers) await (server.close ?? server.stop)?.();
});

const MODERN = { info: null, capabilities: {}, revision: '2026-07-28' };
const LEGACY = { info: null, capabilities: {}, revision: '2025-11-25' };
const ASKABLE = { ...LEGACY, capabilities: { elicitation: { form: {} } }, key: 'session 1' };

const fixture = async (era: 'apart' | 'both'): Promise<ConformanceFixture> => {
  const started = await startConformanceFixture({ era });
  servers.push(started);
  return started;
};

type Initialize = (id: unknown, res: Parameters<Parameters<typeof serve>[0]>[1]) => unknown;

/** Speaks 2026-07-28, and treats `initialize` however the test wants. Says in which era it was called. */
const startModernWith = async (initialize: Initialize): Promise<TestServer> => {
  const server = await serve((req, res, body) => {
    const { id, method } = (body ?? {}) as { id?: unknown; method?: string };
    if (req.method !== 'POST') return json(res, '', 405);
    if (method === 'initialize') return initialize(id, res);
    if (method === 'server/discover') {
      const about = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' };
      return json(res, result(id, { resultType: 'complete', ...about }));
    }
    if (id === undefined) return res.writeHead(202).end();
    if (method === 'tools/list') return json(res, result(id, { resultType: 'complete', tools: [] }));
    const text = req.headers['mcp-protocol-version'] ?? 'none';
    return json(res, result(id, { resultType: 'complete', content: [{ type: 'text', text }] }));
  });
  servers.push(server);
  return server;
};

const textOf = ({ body }: { body: string | undefined }): string => JSON.parse(body ?? '').content[0].text;
const initializedAt = (server: TestServer): number =>
  server.requests.filter(({ body }) => body.includes('"initialize"')).length;
const openSession: Initialize = (id, res) =>
  json(res, result(id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: {} }));

describe('an upstream that speaks both eras', () => {
  it('an upstream of both eras is asked what it offers in either when the two differ', async () => {
    const { url } = await fixture('apart');
    const found = await invocation.discover(invocation.profile({ url }));

    expect(found).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28' });
    expect(found.legacy).toMatchObject({ protocolVersion: '2025-11-25' });
    const names = (tools: readonly { name: string }[] = []) => tools.map(({ name }) => name);
    expect(names(found.tools)).toContain('test_input_required_result_elicitation');
    expect(names(found.tools)).not.toContain('test_elicitation');
    expect(names(found.legacy?.tools)).toContain('test_elicitation');
    expect(names(found.legacy?.tools)).not.toContain('test_input_required_result_elicitation');
  });

  it('an upstream of both eras is spoken to in the era of each client when it is called, whoever comes first', async () => {
    const { url } = await fixture('apart');
    const upstream = invocation.profile({ url });
    const legacyFirst = await invocation.call(upstream, 'test_own_words', {}, { client: LEGACY });
    const modern = await invocation.call(upstream, 'test_own_words', {}, { client: MODERN });
    const legacyAgain = await invocation.call(upstream, 'test_own_words', {}, { client: LEGACY });

    expect([legacyFirst, modern, legacyAgain].map(textOf)).toEqual([
      'Offered to legacy clients in these words',
      'Offered to modern clients in these words',
      'Offered to legacy clients in these words',
    ]);
  });

  it('an upstream of both eras reaches the client when its tool asks through the session', async () => {
    const { url } = await fixture('apart');
    const upstream = invocation.profile({ url });
    const callId = 'asks-through-the-session';
    const options = { client: ASKABLE, callId };
    const asked = await invocation.call(upstream, 'test_elicitation', { message: 'Who?' }, options);
    expect(asked.answer).toMatchObject({ kind: 'input-required', parked: { round: 1 } });
    const [key = ''] = Object.keys(JSON.parse(asked.body ?? '').inputRequests);

    const answer = { action: 'accept', content: { username: 'ada', email: 'ada@example.com' } };
    const done = await invocation.proceed(callId, 1, { [key]: answer });
    expect(textOf(done)).toContain('action=accept');
  });

  it.each([
    { onlyEra: 'modern', text: 'Offered to modern clients in these words' },
    { onlyEra: 'legacy', text: 'Offered to legacy clients in these words' },
  ] as const)(
    'an upstream of both eras is spoken to as $onlyEra for every client when its gateway says so',
    async ({ onlyEra, text }) => {
      const { url } = await fixture('apart');
      const upstream = invocation.profile({ url, onlyEra } as Partial<UpstreamProfile>);
      const found = await invocation.discover(upstream);
      expect(found.era).toBe(onlyEra);
      expect(found.legacy).toBeUndefined();
      for (const client of [MODERN, LEGACY])
        expect(textOf(await invocation.call(upstream, 'test_own_words', {}, { client }))).toBe(text);
    },
  );

  it('an upstream of both eras has one session when many clients call at once that cannot be asked', async () => {
    const server = await startModernWith(openSession);
    const upstream = invocation.profile({ url: server.url });
    const calls = Array.from({ length: 10 }, () => invocation.call(upstream, 'x', {}, { client: LEGACY }));
    expect(new Set((await Promise.all(calls)).map(textOf))).toEqual(new Set(['2025-11-25']));
    expect(initializedAt(server)).toBe(1);
  });
});

describe('an upstream of 2026-07-28 alone', () => {
  it.each<[string, Initialize]>([
    ['refuses initialize with -32601', (id, res) => json(res, rpcError(id, -32601, 'Method not found'))],
    ['refuses initialize with 404', (id, res) => json(res, rpcError(id, -32601, 'Method not found'), 404)],
    ['refuses initialize with -32022', (id, res) => json(res, rpcError(id, -32022, 'Unsupported'), 400)],
    ['answers initialize with 500', (_id, res) => json(res, 'oops', 500)],
    ['answers initialize with a page', (_id, res) => json(res, '<html>', 400, { 'content-type': 'text/html' })],
    ['breaks off', (_id, res) => res.destroy()],
    ['is silent', () => undefined],
    ['offers an unknown revision', (id, res) => json(res, result(id, { protocolVersion: '1999-01-01' }))],
  ])(
    'an upstream of 2026-07-28 is bridged for clients with sessions, and not tried again, when it %s',
    async (_title, initialize) => {
      const server = await startModernWith(initialize);
      const upstream = invocation.profile({ url: server.url });
      const found = await invocation.discover(upstream);
      expect(found.legacy).toBeUndefined();
      for (let calls = 0; calls < 3; calls++)
        expect(textOf(await invocation.call(upstream, 'x', {}, { client: LEGACY }))).toBe('2026-07-28');
      expect(initializedAt(server)).toBe(1);
    },
  );

  it('an upstream of both eras is bridged when it gives up its sessions', async () => {
    let opens = true;
    const server = await startModernWith((id, res) =>
      opens ? openSession(id, res) : json(res, rpcError(id, -32601, 'Method not found')),
    );
    const upstream = invocation.profile({ url: server.url });
    expect(textOf(await invocation.call(upstream, 'x', {}, { client: LEGACY }))).toBe('2025-11-25');
    opens = false;
    const others = { ...LEGACY, capabilities: { roots: {} }, key: 'session 2' };
    expect(textOf(await invocation.call(upstream, 'x', {}, { client: others }))).toBe('2026-07-28');
  });
});
