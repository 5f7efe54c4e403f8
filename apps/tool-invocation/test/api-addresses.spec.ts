import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamAddress } from '#contracts/registry/resolve-upstream.request';
import { type HttpToolSource, ResolveHttpTool } from '#libs/contracts';
import { freePort } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';
import { startLoad } from './load.js';

let invocation: Invocation;
const open: Server[] = [];
let ownServer: string | null = null;

beforeAll(async () => {
  invocation = await givenInvocation({ HTTPX_CONNECT_TIMEOUT: '30' });
  invocation.bus.answer(ResolveHttpTool, async ({ name }) => toolOf(name === 'get' ? 'GET' : 'POST'));
});
afterEach(async () => {
  ownServer = null;
  await Promise.all(open.splice(0).map(close));
});
afterAll(() => invocation.close());

const toolOf = (method: string): HttpToolSource => ({
  key: `${method} /who`,
  argumentsSchema: { type: 'object' },
  binding: {
    method,
    baseUrl: ownServer,
    path: '/who',
    parameters: [],
    body: null,
    others: 'refused',
    headers: {},
    security: null,
  },
});

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** An API that says which one it is; `status`: of every answer. */
const startNamed = async (name: string, { port = 0, status = 200 } = {}) => {
  const received: string[] = [];
  const server = createServer((req, res) => {
    received.push(`${req.method} ${req.url} ${req.headers.authorization ?? ''}`.trim());
    setTimeout(() => res.writeHead(status, { 'content-type': 'text/plain' }).end(name), 2);
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  open.push(server);
  const own = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${own}/v1`, port: own, received, stop: () => close(server) };
};

const further = (url: string, more: Partial<UpstreamAddress> = {}): UpstreamAddress => ({
  url,
  priority: 1,
  weight: 100,
  ...more,
});
const given = (url: string, ...addresses: UpstreamAddress[]) =>
  invocation.profile({ transport: 'OPENAPI', url, addresses, sourceVersion: '1' });
const textOf = ({ body }: { body: string | undefined }): string => JSON.parse(body ?? '').content[0].text;
const look = (upstreamId: string): Promise<string> => invocation.look(upstreamId);

describe('an HTTP API with several addresses', () => {
  it('a call goes to the next address when nobody listens at the first', async () => {
    const second = await startNamed('second');
    const profile = given(`http://127.0.0.1:${await freePort()}/v1`, further(second.url));
    for (let calls = 0; calls < 4; calls++) expect(textOf(await invocation.call(profile, 'post', {}))).toBe('second');
    expect(second.received.filter((line) => line.startsWith('POST'))).toHaveLength(4);
  });

  it('addresses of the same priority take turns by weight', async () => {
    const [first, second] = [await startNamed('first'), await startNamed('second')];
    const profile = given(first.url, further(second.url, { priority: 0, weight: 300 }));
    const answers: string[] = [];
    for (let calls = 0; calls < 8; calls++) answers.push(textOf(await invocation.call(profile, 'post', {})));
    expect(answers.filter((text) => text === 'second')).toHaveLength(6);
  });

  it('a call that may be repeated goes to the next address when the first is away, and no other does', async () => {
    const [first, second] = [await startNamed('first', { status: 503 }), await startNamed('second')];
    const profile = given(first.url, further(second.url));
    const posted = await invocation.call(profile, 'post', {});
    expect(JSON.parse(posted.body ?? '')).toMatchObject({ isError: true });
    expect(second.received).toEqual([]);
    expect(textOf(await invocation.call(profile, 'get', {}))).toBe('second');
    // It failed twice: it is left alone.
    expect(textOf(await invocation.call(profile, 'post', {}))).toBe('second');
  });

  it('a call may have been executed when it was sent to one address and no other could take it over', async () => {
    const received: string[] = [];
    const broken = createServer((req, res) => {
      received.push(req.method ?? '');
      res.destroy();
    });
    await new Promise<void>((resolve) => void broken.listen(0, '127.0.0.1', resolve));
    open.push(broken);
    const { port } = broken.address() as AddressInfo;
    const profile = given(`http://127.0.0.1:${port}/v1`, further(`http://127.0.0.1:${await freePort()}/v1`));
    await expect(invocation.call(profile, 'get', {})).rejects.toMatchObject({ executed: 'unknown' });
    expect(received).toEqual(['GET']);
  });

  it('a call may have been executed when it was sent and could not be repeated at the one address', async () => {
    const leaving = createServer((_req, res) => {
      leaving.close();
      res.destroy();
    });
    await new Promise<void>((resolve) => void leaving.listen(0, '127.0.0.1', resolve));
    const { port } = leaving.address() as AddressInfo;
    const profile = invocation.profile({
      transport: 'OPENAPI',
      url: `http://127.0.0.1:${port}/v1`,
      sourceVersion: '1',
    });
    await expect(invocation.call(profile, 'get', {})).rejects.toMatchObject({ executed: 'unknown' });
  });

  it('a call is answered with what came of it when no other address could take it over', async () => {
    const first = await startNamed('first', { status: 503 });
    const profile = given(first.url, further(`http://127.0.0.1:${await freePort()}/v1`));
    expect(textOf(await invocation.call(profile, 'get', {}))).toContain('503');
  });

  it('an operation that has a server of its own goes there alone', async () => {
    const [first, second, own] = [await startNamed('first'), await startNamed('second'), await startNamed('own')];
    ownServer = own.url;
    const profile = given(first.url, further(second.url, { priority: 0 }));
    for (let calls = 0; calls < 4; calls++) expect(textOf(await invocation.call(profile, 'post', {}))).toBe('own');
    expect([first.received, second.received]).toEqual([[], []]);
  });

  it('a look asks with HEAD and shows no credential', async () => {
    const [first, second] = [await startNamed('first'), await startNamed('second', { status: 404 })];
    const profile = given(first.url, further(second.url));
    invocation.credentials.set(profile.id, { headers: { Authorization: 'Bearer tok' } });
    expect(await look(profile.id)).toBe('active active');
    expect(second.received).toEqual(['HEAD /v1']);
    await invocation.call(profile, 'post', {});
    expect(first.received).toContain('POST /v1/who Bearer tok');
  });

  it('only calls that had been sent fail when one of two addresses is killed under load, and it is back when it answers', async () => {
    const [first, second] = [await startNamed('first'), await startNamed('second')];
    const profile = given(first.url, further(second.url));
    const load = startLoad(async () => textOf(await invocation.call(profile, 'post', {})));
    const { answers, failures } = load;
    try {
      await expect.poll(() => answers.filter((text) => text === 'first').length).toBeGreaterThan(50);
      await first.stop();
      const sinceKill = answers.length;
      await expect.poll(() => answers.length).toBeGreaterThan(sinceKill + 200);
      await look(profile.id);
      expect(await look(profile.id)).toBe('ejected active');
      await startNamed('returned', { port: first.port });
      await look(profile.id);
      expect(await look(profile.id)).toBe('active active');
      await expect.poll(() => answers.includes('returned')).toBe(true);
    } finally {
      await load.end();
    }
    expect(failures.filter(({ executed }) => executed !== 'unknown')).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(16);
  });
});
