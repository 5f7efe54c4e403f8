import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  readonly peer: string | null;
}

/** A relay that takes out what gateways say of the way of definitions, as one that is no Switchyard does. */
const startForgetfulRelay = async (to: Gateway): Promise<Server> => {
  const relay = createServer(async (req, res) => {
    if (req.method !== 'POST') return void res.writeHead(405).end();
    const answer = await fetch(`${to.url}/mcp`, {
      method: 'POST',
      headers: {
        ...Object.fromEntries(
          Object.entries(req.headers).filter(([name]) => /^(?:content-type|accept|mcp-)/.test(name)),
        ),
        authorization: `Bearer ${to.adminToken}`,
      } as Record<string, string>,
      body: await text(req),
    });
    const session = answer.headers.get('mcp-session-id');
    res.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      ...(session !== null && { 'mcp-session-id': session }),
    });
    res.end((await answer.text()).replaceAll(/"switchyard\/(?:via|gateway)":/g, '"gone":'));
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return relay;
};

describe('two gateways that have registered each other', () => {
  let one: Gateway;
  let other: Gateway;
  let upstream: McpDouble;
  let relay: Server;
  const calls: string[] = [];
  /** What the upstream behind both has been told in `_meta` of calls. */
  const told: string[] = [];
  let other0: Listed;

  const register = (at: Gateway, name: string, url: string, token: string): Promise<Listed> =>
    at.admin.call('POST', '/gateways', { name, url, auth_type: 'bearer', auth_token: token });
  const toolsOf = async (at: Gateway): Promise<string[]> =>
    (await at.admin.call<{ name: string }[]>('GET', '/tools')).map(({ name }) => name).sort();
  const refresh = (at: Gateway, { id }: Listed) => at.admin.call('POST', `/gateways/${id}/tools/refresh`);
  const call = async (at: Gateway, name: string, meta: object = {}) => {
    const response = await fetch(`${at.url}/rpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: {}, _meta: meta },
      }),
    });
    return (await response.json()) as { result?: unknown; error?: { message: string; data: Record<string, unknown> } };
  };

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'weather',
      tools: [{ name: 'forecast', description: 'Says it', inputSchema: { type: 'object' } }],
      call: ({ name }) => {
        calls.push(name);
        return '"content":[]';
      },
      intercept: ({ message }) => {
        if (message.method === 'tools/call') told.push(...Object.keys(message.params?._meta ?? {}));
        return false;
      },
    });
    [one, other] = await Promise.all([
      startGateway({ mode: 'embedded', env: { GATEWAY_ID: 'one' } }),
      startGateway({ mode: 'embedded' }),
    ]);
    relay = await startForgetfulRelay(other);
    await one.admin.register({ name: 'weather', url: upstream.url });
    await register(other, 'one', `${one.url}/mcp`, one.adminToken);
    other0 = await register(one, 'other', `${other.url}/mcp`, other.adminToken);
  });
  afterAll(async () => {
    relay?.close();
    relay?.closeAllConnections();
    await Promise.all([one?.stop(), other?.stop(), upstream?.stop()]);
  });

  it('offer each other what is their own, and it grows no more however often they ask', async () => {
    const [ofOther] = await other.admin.call<Listed[]>('GET', '/gateways');
    expect([ofOther?.peer, other0.peer]).toEqual(['switchyard', 'switchyard']);
    expect(other0.refused).toEqual([
      expect.objectContaining({
        name: 'one-weather-forecast',
        reason: expect.stringMatching(/from this gateway itself/),
      }),
    ]);
    for (let round = 0; round < 3; round++) {
      await refresh(other, ofOther as Listed);
      await refresh(one, other0);
    }
    expect(await toolsOf(one)).toEqual(['weather-forecast']);
    expect(await toolsOf(other)).toEqual(['one-weather-forecast']);
    expect((await call(other, 'one-weather-forecast')).error).toBeUndefined();
    expect(calls).toEqual(['forecast']);
  });

  it('tell the way of a call to each other, and nothing of it to a server', async () => {
    expect((await call(other, 'one-weather-forecast', { kept: 1 })).error).toBeUndefined();
    expect(told).toContain('kept');
    expect(told).not.toContain('switchyard/via');
  });

  it('refuse a call that comes back, and say where it went and that nothing ran', async () => {
    const { port } = relay.address() as AddressInfo;
    await register(one, 'relay', `http://127.0.0.1:${port}/mcp`, 'any-token');
    const before = calls.length;
    const { error } = await call(one, 'relay-one-weather-forecast');
    const via = error?.data['via'] as string[];
    expect(via).toEqual(['one', expect.stringMatching(/^switchyard-[0-9a-f]{12}$/), 'one']);
    expect(error).toMatchObject({
      message: expect.stringContaining(
        `nothing has run. It has come back to the gateway "one": it went through ${via.join(', ')}`,
      ),
      data: { reason: 'upstream.loop', executed: 'no' },
    });
    expect(calls).toHaveLength(before);
  });

  it('refuse a call when it came through more gateways than are allowed', async () => {
    const via = ['a', 'b', 'c', 'd', 'e', 'f'];
    const { error } = await call(one, 'weather-forecast', { 'switchyard/via': via });
    expect(error?.data).toMatchObject({ reason: 'upstream.hops_exceeded', executed: 'no', via: [...via, 'one'] });
    expect((await call(one, 'weather-forecast', { 'switchyard/via': via.slice(1) })).error).toBeUndefined();
  });

  it('refuse themselves as upstreams', async () => {
    await expect(register(one, 'self', `${one.url}/mcp`, one.adminToken)).rejects.toThrow(
      /422 .*The upstream is this gateway itself/,
    );
  });
});
