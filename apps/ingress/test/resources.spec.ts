import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import type { Catalog, AccessScope } from '#libs/contracts';
import {
  JSON_HEADERS,
  Rig,
  catalogOf,
  eventsOf,
  listingOf,
  modern,
  modernHeaders,
  nextMessage,
  openSession,
  post,
  tool,
  upstream,
  user,
} from './rig.js';

const PUBLIC = { visibility: 'public', teamId: null, ownerEmail: null } as const;
const RED = { visibility: 'team', teamId: 'red', ownerEmail: null } as const;

let rig: Rig;
let url: string;
let read: { upstreamId: string; target: string; body: string | undefined }[];

beforeEach(async () => {
  rig = new Rig();
  rig.tokens.set('red', user('red@x', { teams: ['red'] }));
  rig.tokens.set('blue', user('blue@x', { teams: ['blue'] }));
  url = `${await rig.start()}/mcp`;
  read = [];
  rig.execute = async ({ method, upstreamId, target }, { body }) => {
    if (method === 'resources/read') read.push({ upstreamId, target, body });
    const contents = [
      { uri: target, text: upstreamId },
      { uri: `${target}/part`, text: '2.50' },
    ];
    return new WithBody({ kind: 'result' }, JSON.stringify({ contents }));
  };
});
afterEach(() => rig.stop());

const resource = (uri: string, upstreamId: string, scope: AccessScope = PUBLIC, upstreamUri?: string) => ({
  id: `${upstreamId} ${uri}`,
  uri,
  upstreamId,
  definition: JSON.stringify({ uri, name: 'r' }),
  ...(upstreamUri !== undefined && { upstreamUri }),
  ...scope,
});
const serve = (parts: Partial<Catalog>, serverId: string | null = null): void =>
  void rig.catalogs.set(
    serverId,
    catalogOf({ upstreams: ['a', 'b'].map((id) => upstream(id, listingOf())), resources: [], ...parts }),
  );

const ask = async (method: string, params: Record<string, unknown>, token = 'red', at = url) => {
  const headers = modernHeaders(method, (params['uri'] ?? params['name']) as string | undefined);
  const { json } = await post(at, modern(method, params), { ...headers, authorization: `Bearer ${token}` });
  return json;
};
const readFrom = async (uri: string, token = 'red', at = url): Promise<string | number> => {
  const { result, error } = await ask('resources/read', { uri }, token, at);
  return error === undefined ? result.contents[0].text : error.code;
};

describe('a resource that its upstream calls otherwise', () => {
  beforeEach(() =>
    serve({ resources: [resource('ui://app', 'a'), resource('ui://via.b/app', 'b', PUBLIC, 'ui://app')] }),
  );

  it.each(['modern', 'legacy'])(
    "a renamed resource is read by the upstream's URI and returned under the client's: %s",
    async (era) => {
      const uri = 'ui://via.b/app';
      const session = era === 'legacy' ? await openSession(url, {}, '2025-11-25', { authorization: 'Bearer red' }) : {};
      const request = { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri } };
      const { json } =
        era === 'legacy' ? await post(url, request, session) : { json: await ask('resources/read', { uri }) };
      expect(json.result.contents).toEqual([
        { uri, text: 'b' },
        { uri: 'ui://app/part', text: '2.50' },
      ]);
      expect(read).toEqual([{ upstreamId: 'b', target: 'ui://app', body: '{"uri":"ui://app"}' }]);
      expect(await readFrom('ui://app')).toBe('a');
    },
  );

  it("a renamed resource's error names the client's URI when the upstream does not have it", async () => {
    rig.execute = async () => ({
      kind: 'error',
      error: { code: -32602, message: 'There is no ui://app', data: { uri: 'ui://app', more: 1 } },
    });
    expect((await ask('resources/read', { uri: 'ui://via.b/app' })).error).toEqual({
      code: -32602,
      message: 'There is no ui://via.b/app',
      data: { uri: 'ui://via.b/app', more: 1 },
    });
  });

  it("a renamed resource is followed by the upstream's URI and notified of under the client's", async () => {
    const uris = ['ui://app', 'ui://via.b/app'];
    const listening = await fetch(url, {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...modernHeaders('subscriptions/listen'), authorization: 'Bearer red' },
      body: JSON.stringify(modern('subscriptions/listen', { notifications: { resourceSubscriptions: uris } })),
    });
    const events = eventsOf(listening);
    await nextMessage(events);
    await expect.poll(() => rig.watches.map((watch) => watch.uris)).toEqual([['ui://app'], ['ui://app']]);
    const updated = async (index: number): Promise<string> => {
      await rig.watches[index]?.send('ui://app');
      return (await nextMessage(events)).params.uri;
    };
    expect([await updated(0), await updated(1)].sort()).toEqual(uris);
    await events.return(undefined);
  });
});

describe('a resource that two upstreams have', () => {
  it('a resource is listed once, the first that the caller sees, when two upstreams have it', async () => {
    serve({
      resources: [resource('file:///x', 'a', RED), resource('file:///x', 'b')],
      resourceTemplates: [],
    });
    for (const [token, owner] of [
      ['red', 'a'],
      ['blue', 'b'],
    ] as const) {
      expect((await ask('resources/list', {}, token)).result.resources).toHaveLength(1);
      expect(await readFrom('file:///x', token)).toBe(owner);
    }
  });
});

describe('a resource that a tool is shown with', () => {
  it("a resource of a tool's user interface can be read, unlisted, when the caller sees the tool", async () => {
    serve({ linkedResources: [{ uri: 'ui://app', upstreamId: 'b', ...RED }] });
    expect((await ask('resources/list', {})).result.resources).toEqual([]);
    expect(await readFrom('ui://app')).toBe('b');
    expect(await readFrom('ui://app', 'blue')).toBe(-32602);
  });
});

describe('a resource that an answer linked to', () => {
  const link = async (links: string[], upstreamId = 'a', token = 'red', at = url): Promise<void> => {
    const { execute } = rig;
    rig.execute = async () =>
      new WithBody(
        { kind: 'result', links },
        JSON.stringify({ content: links.map((uri) => ({ type: 'resource_link', uri, name: uri })) }),
      );
    expect((await ask('tools/call', { name: `of_${upstreamId}` }, token, at)).result.content).toHaveLength(
      links.length,
    );
    rig.execute = execute;
  };
  const parts = { tools: ['a', 'b'].map((id) => ({ ...tool(`of_${id}`), upstreamId: id })) };
  beforeEach(() => serve(parts));

  it('a linked resource can be read on any replica, at the upstream that gave the link, when the caller was given it', async () => {
    const other = `${await rig.start()}/mcp`;
    expect(await readFrom('note://1')).toBe(-32602);
    await link(['note://1', 'note://2'], 'b');
    expect([await readFrom('note://1'), await readFrom('note://2', 'red', other)]).toEqual(['b', 'b']);
    expect(await readFrom('note://3')).toBe(-32602);
    expect(await readFrom('note://1', 'blue')).toBe(-32602);
  });

  it('a linked resource can be read only at the endpoint where the link was given', async () => {
    const server = { id: 's', name: 's', description: null, ...PUBLIC };
    serve({ ...parts, server }, 's');
    const at = url.replace('/mcp', '/servers/s/mcp');
    await link(['note://1'], 'a', 'red', at);
    expect([await readFrom('note://1', 'red', at), await readFrom('note://1')]).toEqual(['a', -32602]);
  });

  it('a resource link leads nowhere when two upstreams gave it, or when the one that did is gone', async () => {
    await link(['note://1', 'note://2'], 'a');
    await link(['note://1'], 'b');
    expect([await readFrom('note://1'), await readFrom('note://2')]).toEqual([-32602, 'a']);
    serve({ ...parts, upstreams: [upstream('b', listingOf())] });
    await rig.stop();
    url = `${await rig.start()}/mcp`;
    expect(await readFrom('note://2')).toBe(-32602);
  });

  it('resource links take no more room than they may when an upstream gives many', async () => {
    for (let round = 0; round < 30; round++) {
      await link(Array.from({ length: 100 }, (_, index) => `note://${'x'.repeat(50)}/${round}/${index}`));
    }
    const { entries } = await rig.cache.readSince('ingress:links::red@x', 0);
    expect(entries.length).toBeLessThanOrEqual(100);
    expect(Math.max(...entries.map(({ value }) => value.length))).toBeLessThan(10_000);
    const before = entries.length;
    await link([`note://${'x'.repeat(50)}/29/0`]);
    expect((await rig.cache.readSince('ingress:links::red@x', 0)).entries).toHaveLength(before);
  });

  it('an answer with resource links reaches its caller when the cache is away', async () => {
    rig.cache.append = () => Promise.reject(new Error('away'));
    await link(['note://1']);
    expect(await readFrom('note://1')).toBe(-32602);
  });
});

describe('the time of a call', () => {
  it('a call has the time limit of its upstream when that has one of its own', async () => {
    const slow = { ...upstream('a', listingOf()), timeoutMs: 3_600_000 };
    serve({
      upstreams: [slow, upstream('b', listingOf())],
      tools: ['a', 'b'].map((id) => ({ ...tool(`of_${id}`), upstreamId: id })),
    });
    const left: number[] = [];
    rig.execute = async (_call, { deadlineAtMs }) => {
      left.push(deadlineAtMs - performance.now());
      return { kind: 'result' };
    };
    for (const id of ['a', 'b']) await ask('tools/call', { name: `of_${id}` });
    const [ofItsOwn = 0, ofAll = 0] = left;
    expect(ofItsOwn).toBeGreaterThan(3_000_000);
    expect(ofAll).toBeGreaterThan(0);
    // A minute, and what it takes to say that it is over.
    expect(ofAll).toBeLessThan(70_000);
  });
});
