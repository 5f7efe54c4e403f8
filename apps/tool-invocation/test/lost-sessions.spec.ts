import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, rpcError } from './raw-upstream.js';
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

type Losing = (id: unknown, res: ServerResponse) => unknown;

/** A session server whose tool says in which session it ran. Once it has forgotten a session it treats it as `losing` does. */
const startForgetful = async (losing: Losing) => {
  let sessions = 0;
  let known = '';
  const executions: string[] = [];
  const server = await serve((req, res, body) => {
    const { id, method } = (body ?? {}) as { id?: number; method?: string };
    if (req.method !== 'POST') return json(res, '', 405);
    if (method === 'initialize') {
      known = `session-${++sessions}`;
      const about = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'x', version: '1' },
      };
      return json(res, result(id, about), 200, { 'mcp-session-id': known });
    }
    if (req.headers['mcp-session-id'] === undefined) return json(res, rpcError(id, -32000, 'Not initialized'), 400);
    if (id === undefined) return res.writeHead(202).end();
    if (req.headers['mcp-session-id'] !== known) return losing(id, res);
    if (method === 'tools/list') return json(res, result(id, { tools: [] }));
    executions.push(known);
    return json(res, result(id, { content: [{ type: 'text', text: known }] }));
  });
  raw.push(server);
  const initialized = () => server.requests.filter(({ body }) => body.includes('"initialize"')).length;
  return { url: server.url, executions, initialized, forget: () => void (known = '') };
};

const textOf = ({ body }: { body: string | undefined }): string => JSON.parse(body ?? '').content[0].text;

const WAYS: [string, Losing][] = [
  ['404', (id, res) => json(res, rpcError(id, -32001, 'Session not found'), 404)],
  ['404 without a message', (_id, res) => res.writeHead(404).end('Not Found')],
  ['400 and a word on sessions', (id, res) => json(res, rpcError(id, -32000, 'No valid session ID provided'), 400)],
  ['400 and a text on sessions', (_id, res) => res.writeHead(400).end('Invalid session')],
  ['400 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Unknown'), 400)],
  ['401 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Session expired'), 401)],
  ['403 and -32001', (id, res) => json(res, rpcError(null, -32001, 'Session not found'), 403)],
  ['409 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Session not found'), 409)],
  ['410 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Gone'), 410)],
  ['422 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Session not found'), 422)],
  ['500 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Session not found'), 500)],
  ['503 and -32001', (id, res) => json(res, rpcError(id, -32001, 'Session terminated'), 503)],
  ['200, -32001 and a word on sessions', (id, res) => json(res, rpcError(id, -32001, 'Session not found'))],
  [
    'an event with -32001 and a word on sessions',
    (id, res) => {
      openStream(res);
      res.end(event(rpcError(id, -32001, 'Session not found')));
    },
  ],
];

describe('a session that its upstream has forgotten', () => {
  it.each(WAYS)(
    'a lost session is replaced once, and the call is made in the new one, when the upstream says so by %s',
    async (_title, losing) => {
      const server = await startForgetful(losing);
      const upstream = invocation.profile({ url: server.url });
      expect(textOf(await invocation.call(upstream, 't'))).toBe('session-1');
      server.forget();

      expect(textOf(await invocation.call(upstream, 't'))).toBe('session-2');
      expect(server.executions).toEqual(['session-1', 'session-2']);
      expect(server.initialized()).toBe(2);
    },
  );

  it.each(WAYS)(
    'a lost session is replaced when the lists are read, and the upstream says so by %s',
    async (_title, losing) => {
      const server = await startForgetful(losing);
      const upstream = invocation.profile({ url: server.url });
      await invocation.discover(upstream);
      server.forget();
      await expect(invocation.discover(upstream)).resolves.toMatchObject({ tools: [], refused: [] });
    },
  );

  it('a lost session is replaced, but the call is not repeated, when that had begun', async () => {
    const server = await startForgetful((id, res) => {
      openStream(res);
      res.write(event('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"begun"}}'));
      res.end(event(rpcError(id, -32001, 'Session not found')));
    });
    const upstream = invocation.profile({ url: server.url });
    await invocation.call(upstream, 't');
    server.forget();
    await expect(invocation.call(upstream, 't')).rejects.toMatchObject({
      code: 'upstream.session_lost',
      executed: 'unknown',
    });
    expect(server.executions).toEqual(['session-1']);
    expect(textOf(await invocation.call(upstream, 't'))).toBe('session-2');
  });

  it.each<[string, Losing]>([
    ['-32001 of a request that took too long', (id, res) => json(res, rpcError(id, -32001, 'Request timed out'))],
    ['-32000 with a word on sessions', (id, res) => json(res, rpcError(id, -32000, 'The session is busy'))],
  ])('a session is kept when the error is %s', async (_title, answer) => {
    const server = await startForgetful(answer);
    const upstream = invocation.profile({ url: server.url });
    await invocation.call(upstream, 't');
    server.forget();
    expect((await invocation.call(upstream, 't')).answer).toMatchObject({ kind: 'error' });
    expect(server.initialized()).toBe(1);
  });
});
