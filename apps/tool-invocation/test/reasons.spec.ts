import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, startRawLegacy, startRawModern } from './raw-upstream.js';
import { serve, type TestServer } from './sdk-servers.js';

const SECRET = 'sk-very-secret-value';

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation();
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const given = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
  const started = await starting;
  raw.push(started);
  return started;
};
const ok = { resultType: 'complete', content: [{ type: 'text', text: 'fine' }] };
const refusalOf = (profile: Parameters<Invocation['discover']>[0]) =>
  invocation.discover(profile).then(
    () => ({ code: 'none', message: '' }),
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  );
const redirecting = (status: number, location: string) =>
  given(serve((_req, res) => void res.writeHead(status, { location }).end()));
const node = (script: string, more: object = {}) =>
  invocation.profile({ transport: 'STDIO', command: process.execPath, args: ['-e', script], ...more });

describe('why an upstream could not be discovered', () => {
  it.each([301, 302, 303, 307, 308])(
    'a failed discovery tells the place when the upstream redirects by %s',
    async (status) => {
      const site = await redirecting(status, 'https://user:pass@login.example/sign-in?token=abc#x');
      const { code, message } = await refusalOf(invocation.profile({ url: site.url }));
      expect(code).toMatch(/^upstream\.(not_mcp|invalid_answer)$/);
      expect(message).toContain(`HTTP ${status}`);
      expect(message).toContain('https://login.example/sign-in');
      expect(message).not.toMatch(/pass|token|abc/);
    },
  );

  it('a failed discovery tells the address when nobody listens', async () => {
    const port = await freePort();
    expect(await refusalOf(invocation.profile({ url: `http://127.0.0.1:${port}/mcp` }))).toEqual({
      code: 'upstream.unreachable',
      message: expect.stringContaining(`ECONNREFUSED 127.0.0.1:${port}`),
    });
  });

  it('a failed discovery tells the command when there is no such program', async () => {
    const profile = invocation.profile({ transport: 'STDIO', command: 'no-such-program' });
    expect(await refusalOf(profile)).toEqual({
      code: 'upstream.unreachable',
      message: expect.stringContaining('there is no program no-such-program'),
    });
  });

  it('a failed discovery tells the folder when there is none to start in', async () => {
    expect(await refusalOf(node('', { cwd: '/no/such/folder' }))).toEqual({
      code: 'upstream.unreachable',
      message: expect.stringContaining('there is no folder /no/such/folder'),
    });
  });

  it('a failed discovery tells the exit code and the last lines of stderr, without secrets, when the process ends', async () => {
    const script = `
      for (let line = 1; line <= 9; line++) console.error('line ' + line);
      console.error('the key ' + process.env.API_KEY + ' is not valid');
      process.exit(3);`;
    const profile = node(script);
    invocation.credentials.set(profile.id, { env: { API_KEY: SECRET } });
    const { message } = await refusalOf(profile);
    expect(message).toContain('exit code 3');
    expect(message).toContain('line 9 | the key [redacted] is not valid');
    expect(message).not.toContain('line 5');
    expect(message).not.toContain(SECRET);
  });

  it('a failed discovery tells the place when an HTTP+SSE server names an endpoint elsewhere', async () => {
    const site = await given(
      serve((_req, res) => {
        openStream(res);
        res.write('event: endpoint\ndata: https://elsewhere.example/message?key=abc\n\n');
      }),
    );
    const { message } = await refusalOf(invocation.profile({ url: site.url, transport: 'SSE' }));
    expect(message).toContain('another origin: it is at https://elsewhere.example');
    expect(message).not.toContain('abc');
  });

  it.each([401, 403])(
    'a failed discovery blames no credential when none was presented and the answer is HTTP %s',
    async (status) => {
      const site = await given(serve((_req, res) => json(res, '', status)));
      const profile = invocation.profile({ url: site.url });
      expect(await refusalOf(profile)).toEqual({
        code: 'upstream.unauthorised',
        message: `The upstream answered HTTP ${status}; no credential was presented to it`,
      });
      invocation.credentials.set(profile.id, { headers: { Authorization: `Bearer ${SECRET}` } });
      const again = invocation.profile({ url: site.url });
      invocation.credentials.set(again.id, { headers: { Authorization: `Bearer ${SECRET}` } });
      expect((await refusalOf(again)).message).toContain('The upstream refused the credential');
    },
  );

  it('a failed call keeps the reason from its client when nobody listens', async () => {
    const port = await freePort();
    const profile = invocation.profile({ url: `http://127.0.0.1:${port}/mcp` });
    await expect(invocation.call(profile, 't')).rejects.toMatchObject({ message: 'The upstream cannot be reached' });
  });
});

describe('a redirect that keeps the method', () => {
  const moved = async (to: TestServer, status: number) =>
    given(
      serve((req, res, body) => {
        if (req.url === '/mcp') return res.writeHead(status, { location: '/mcp/' }).end();
        expect(req.url).toBe('/mcp/');
        return forward(to, req, res, body);
      }),
    );
  const forward: (to: TestServer, ...exchange: Parameters<Parameters<typeof serve>[0]>) => Promise<void> = async (
    to,
    req,
    res,
    body,
  ) => {
    const answer = await fetch(to.url, {
      method: req.method ?? 'GET',
      headers: req.headers as Record<string, string>,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const session = answer.headers.get('mcp-session-id');
    json(res, await answer.text(), answer.status, session === null ? {} : { 'mcp-session-id': session });
  };

  it.each([307, 308])(
    'a redirect is followed, with body and headers, when it is HTTP %s to the same origin',
    async (status) => {
      const legacy = await given(startRawLegacy((request, res) => json(res, result(request.id, ok))));
      const modern = await given(startRawModern((request, res) => json(res, result(request.id, ok))));
      for (const upstream of [legacy, modern]) {
        const front = await moved(upstream, status);
        const profile = invocation.profile({ url: front.url });
        const { body } = await invocation.call(profile, 't', { a: 1 });
        expect(JSON.parse(body ?? '').content[0].text).toBe('fine');
        await invocation.call(profile, 't');
        expect(upstream.executions).toBe(2);
        expect(upstream.requests.some(({ body: sent }) => sent.includes('"arguments":{"a":1}'))).toBe(true);
      }
    },
  );

  it('a redirect is followed when it is of the stream of HTTP+SSE', async () => {
    const front = await given(
      serve((req, res, body) => {
        if (req.url === '/sse') return res.writeHead(307, { location: '/sse/' }).end();
        if (req.method === 'GET') {
          openStream(res);
          stream = res;
          return res.write('event: endpoint\ndata: /message\n\n');
        }
        const { id, method } = body as { id?: number; method: string };
        res.writeHead(202).end();
        const about = { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: {} };
        return id === undefined || stream?.write(event(result(id, method === 'initialize' ? about : ok)));
      }, '/sse'),
    );
    let stream: { write(text: string): unknown } | undefined;
    const { body } = await invocation.call(invocation.profile({ url: front.url, transport: 'SSE' }), 't');
    expect(JSON.parse(body ?? '').content[0].text).toBe('fine');
  });

  it('a redirect is given up when it leads to ever another', async () => {
    let count = 0;
    const site = await given(serve((_req, res) => void res.writeHead(307, { location: `/mcp/${++count}` }).end()));
    const { message } = await refusalOf(invocation.profile({ url: site.url }));
    expect(message).toContain('HTTP 307');
    expect(count).toBeLessThan(12);
  });

  it('a redirect is not followed when it leads to another origin', async () => {
    const other = await given(startRawModern((request, res) => json(res, result(request.id, ok))));
    const site = await redirecting(307, other.url);
    await expect(invocation.call(invocation.profile({ url: site.url }), 't')).rejects.toMatchObject({ executed: 'no' });
    expect(other.requests).toHaveLength(0);
  });
});
