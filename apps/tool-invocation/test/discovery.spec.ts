import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { heldBytes } from '#libs/resilience';
import { givenInvocation, type Invocation } from './invocation.js';
import { json, result, rpcError, startRawLegacy } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation();
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

type Message = { id: number; method: string; params: { cursor?: string } };

/** An upstream of 2026-07-28 that answers this, by method and cursor. */
const given = async (answers: Record<string, object | undefined>) => {
  const asked: string[] = [];
  const server = await serve((_req, res, body) => {
    const { id, method, params } = body as Message;
    const key = params?.cursor === undefined ? method : `${method} ${params.cursor}`;
    if (method !== 'subscriptions/listen') asked.push(key);
    const answer = answers[key];
    if (answer === undefined) return json(res, rpcError(id, -32601, 'Method not found'), 404);
    if ('error' in answer) return json(res, JSON.stringify({ jsonrpc: '2.0', id, error: answer.error }));
    return json(res, result(id, { resultType: 'complete', ...answer }));
  });
  raw.push(server);
  return { profile: invocation.profile({ url: server.url }), asked, answers };
};

const DISCOVERY = { supportedVersions: ['2026-07-28'], ttlMs: 90_000, cacheScope: 'public' };

describe('discovery', () => {
  it('discovery reports the strictest hint of its pages when an upstream says how long a list is good', async () => {
    const { profile } = await given({
      'server/discover': { ...DISCOVERY, capabilities: { tools: {}, resources: {} } },
      'tools/list': { tools: [], nextCursor: 'b', ttlMs: 60_000, cacheScope: 'public' },
      'tools/list b': { tools: [], nextCursor: '', ttlMs: 20_000, cacheScope: 'private' },
      'tools/list ': { tools: [], ttlMs: 40_000, cacheScope: 'public' },
      'resources/list': { resources: [], ttlMs: -1 },
      'resources/templates/list': { resourceTemplates: [], ttlMs: 1e12, cacheScope: 'public' },
    });
    expect((await invocation.discover(profile)).hints).toEqual({
      about: { ttlMs: 90_000, cacheScope: 'public' },
      tools: { ttlMs: 20_000, cacheScope: 'private' },
      resources: { ttlMs: 0, cacheScope: 'private' },
      resourceTemplates: { ttlMs: 86_400_000, cacheScope: 'public' },
    });
  });

  it('discovery keeps nothing of a list when its compression breaks on the way', async () => {
    const packed = gzipSync(JSON.stringify({ tools: [], noise: randomBytes(400_000).toString('hex') }));
    // All of it is there, but for the sum at its end.
    packed.fill(0, packed.length - 8);
    const server = await serve((_req, res, body) => {
      const { id, method } = body as Message;
      if (method === 'server/discover')
        return json(res, result(id, { resultType: 'complete', ...DISCOVERY, capabilities: { tools: {} } }));
      if (method !== 'tools/list') return json(res, rpcError(id, -32601, 'Method not found'), 404);
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      res.write(packed, () => setTimeout(() => res.end(), 50));
    });
    raw.push(server);

    await invocation.discover(invocation.profile({ url: server.url })).catch(() => {});

    await vi.waitFor(() => expect(heldBytes.used).toBe(0));
  });

  it('discovery reports no hint when a session upstream says how long a list is good', async () => {
    const upstream = await startRawLegacy((request, res) =>
      json(res, result(request.id, { tools: [], ttlMs: 60_000, cacheScope: 'public' })),
    );
    raw.push(upstream);
    const found = await invocation.discover(invocation.profile({ url: upstream.url }));
    expect(found).toMatchObject({ era: 'legacy' });
    expect(found).not.toHaveProperty('hints');
    expect(found).not.toHaveProperty('hint');
  });

  it('discovery asks again what an upstream is when the upstream has no sessions and was discovered before', async () => {
    const { profile, asked, answers } = await given({
      'server/discover': { ...DISCOVERY, capabilities: {} },
      'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
    });
    expect((await invocation.discover(profile)).tools).toEqual([]);
    expect(asked).toEqual(['server/discover', 'initialize']);
    asked.length = 0;

    answers['server/discover'] = { ...DISCOVERY, capabilities: { tools: {} }, instructions: 'New here.', ttlMs: 5 };
    const found = await invocation.discover(profile);
    expect(found).toMatchObject({ instructions: 'New here.', tools: [{ name: 't' }] });
    expect(found.hints?.about).toEqual({ ttlMs: 5, cacheScope: 'public' });
    expect(asked.sort()).toEqual(['initialize', 'server/discover', 'tools/list']);
  });

  it.each([
    ['is null', { resources: null }],
    ['is missing', {}],
    ['is an error', undefined],
    ['is an object', { resources: {} }],
  ])('discovery keeps the tools when another list %s', async (what, answer) => {
    const { profile } = await given({
      'server/discover': { ...DISCOVERY, capabilities: { tools: {}, resources: {}, prompts: {} } },
      'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
      'resources/list': answer,
      'resources/templates/list': { resourceTemplates: null },
      'prompts/list': { error: { code: -32603, message: 'no database' } },
    });
    const found = await invocation.discover(profile);
    expect(found.tools).toMatchObject([{ name: 't' }]);
    const isNamed = what === 'is missing' || what === 'is an object';
    expect(found.incomplete).toEqual(isNamed ? ['prompts', 'resources'] : ['prompts']);
    expect(found.refused).toHaveLength(isNamed ? 2 : 1);
  });

  it('discovery fails with the reason when there is no list to be had', async () => {
    const { profile } = await given({
      'server/discover': { ...DISCOVERY, capabilities: { prompts: {} } },
      'prompts/list': { error: { code: -32603, message: 'no database' } },
    });
    await expect(invocation.discover(profile)).rejects.toMatchObject({
      code: 'upstream.invalid_answer',
      message: expect.stringContaining('no database'),
    });
  });

  it('discovery finds the new era when an upstream has gone back to sessions', async () => {
    const { profile, answers } = await given({
      'server/discover': { ...DISCOVERY, capabilities: {} },
      initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x' } },
      'notifications/initialized': {},
      'tools/list': { tools: [{ name: 'old', inputSchema: { type: 'object' } }] },
    });
    expect((await invocation.discover(profile)).era).toBe('modern');
    answers['server/discover'] = { supportedVersions: ['2025-11-25'] };
    expect(await invocation.discover(profile)).toMatchObject({ era: 'legacy', tools: [{ name: 'old' }] });
  });
});
