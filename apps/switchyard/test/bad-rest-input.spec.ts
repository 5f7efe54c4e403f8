import { once } from 'node:events';
import { connect } from 'node:net';
import { type Gateway, startGateway } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';

const NUL = '\u0000';
const LONG = 'a'.repeat(600);

let gateway: Gateway;
let bearer: Record<string, string>;

beforeAll(async () => {
  gateway = await startGateway({ mode: 'embedded' });
  bearer = { authorization: `Bearer ${gateway.adminToken}` };
});
afterAll(() => gateway?.stop());

const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = bearer) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};
const errorLines = (): string[] =>
  gateway
    .logs()
    .split('\n')
    .filter((line) => /"level":"?(?:error|fatal|50|60)/.test(line));
const showLogs = (): void => onTestFailed(() => console.error(gateway.logs().slice(-4_000)));

const user = { email: 'new@example.com', password: 'Correct-Horse-92' };
const upstream = { name: 'odd', url: 'http://127.0.0.1:1/mcp' };
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

describe('input that is out of shape', () => {
  it.each([
    ['a long part of a path', 'GET', `/tools/${LONG}`, undefined, 414],
    ['a long part of a versioned path', 'GET', `/v1/gateways/${LONG}`, undefined, 414],
    ['a long id of a server', 'GET', `/servers/${LONG}/mcp`, undefined, 414],
    ['a bad escape in a path', 'GET', '/tools/%ff', undefined, 400],
    ['U+0000 in a path', 'GET', '/auth/email/admin/users/%00', undefined, 404],
    ['U+0000 in a query', 'GET', '/tools?tags=%00', undefined, 422],
    ['U+0000 in a log-in', 'POST', '/auth/login', { email: `a${NUL}@x`, password: 'x' }, 422],
    ['U+0000 in a password', 'POST', '/auth/login', { email: 'a@x.example', password: `x${NUL}` }, 422],
    ['U+0000 in the name of a token', 'POST', '/tokens', { name: `a${NUL}` }, 422],
    ['U+0000 in the description of a token', 'POST', '/tokens', { name: 'a', description: NUL }, 422],
    ['U+0000 in the name of a user', 'POST', '/auth/email/admin/users', { ...user, full_name: `x${NUL}` }, 422],
    ['U+0000 deep in a body', 'POST', '/gateways', { ...upstream, env: { [`A${NUL}`]: 'b' } }, 422],
    ['a list in the place of a header', 'POST', '/gateways', { ...upstream, authHeaders: [[]] }, 422],
    ['null in the place of a header', 'POST', '/gateways', { ...upstream, auth_headers: [null] }, 422],
    ['a text in the place of a header', 'POST', '/gateways', { ...upstream, authHeaders: ['x'] }, 422],
    ['a list in the place of an object', 'POST', '/gateways', { ...upstream, openapi: [] }, 422],
    ['a line end in a URL', 'POST', '/gateways', { name: 'odd', url: 'http://127.0.0.1:1/m\r\ncp' }, 422],
    [
      'a tab in the URL of a document',
      'POST',
      '/gateways',
      { name: 'odd', openapi: { documentUrl: 'http://a/\tb' } },
      422,
    ],
    ['null for a flag', 'POST', '/auth/email/admin/users', { ...user, is_admin: null }, 422],
    ['null for a flag that changes', 'PATCH', '/auth/email/admin/users/admin@example.com', { is_active: null }, 422],
    ['null for a password that changes', 'PATCH', '/auth/email/admin/users/admin@example.com', { password: null }, 422],
    ['null for permissions', 'POST', '/tokens', { name: 'a', scope: { permissions: null } }, 422],
    ['null for arguments', 'POST', '/gateways', { name: 'odd', transport: 'STDIO', command: 'x', args: null }, 422],
    ['null for tags', 'PUT', `/tools/${UNKNOWN}`, { tags: null }, 422],
    ['a list in the place of a body', 'POST', '/gateways', [[]], 422],
    ['an empty list in the place of a body', 'POST', '/tokens', [], 422],
    ['a number in the place of a body', 'POST', '/auth/login', '5', 422],
    ['a text in the place of a body', 'POST', '/auth/login', '"x"', 422],
    ['null in the place of a body', 'POST', '/tokens', 'null', 422],
  ])('REST answers %s with a status of its own', async (_what, method, path, body, status) => {
    showLogs();
    const answer = await ask(method, path, body);
    expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
    expect(JSON.parse(answer.text)).toMatchObject({ code: expect.any(String) });
  });

  const call = (name: unknown, args: unknown = {}) => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: args },
  });
  it.each([
    ['a list in a list', [[]]],
    ['null in a list', [null]],
    ['an empty list', []],
    ['null', 'null'],
    ['a number', '7'],
    ['null for params', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: null }],
    ['a list for params', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: [[]] }],
    ['null for a method', { jsonrpc: '2.0', id: 1, method: null }],
    ['U+0000 in a method', { jsonrpc: '2.0', id: 1, method: `tools/${NUL}` }],
    ['null for an id', { jsonrpc: '2.0', id: null, method: 'tools/list' }],
    ['null for a name', call(null)],
    ['U+0000 in a name', call(`a${NUL}b`)],
    ['null for arguments', call('none', null)],
    ['a list for arguments', call('none', [[]])],
    ['null for _meta', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: null } }],
    ['a number for a cursor', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { cursor: 5 } }],
  ])('MCP and bare JSON-RPC answer %s with an error, and no failure of their own', async (_what, body) => {
    showLogs();
    for (const path of ['/mcp', '/rpc']) {
      const { status, text } = await ask('POST', path, body);
      expect([path, status >= 500 ? text : 'below 500']).toEqual([path, 'below 500']);
      expect(text).not.toContain('Internal error');
    }
  });

  it('MCP does not find a server whose name holds U+0000', async () => {
    const { status, text } = await ask('POST', '/servers/%00/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ error: { message: 'Server not found' } });
  });

  it('every face refuses two Host headers', async () => {
    const { port } = new URL(gateway.url);
    for (const head of ['GET /health', 'GET /tools', 'POST /mcp', 'GET /ws']) {
      const socket = connect(Number(port), '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += String(chunk)));
      const upgrade = head === 'GET /ws' ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : 'Connection: close\r\n';
      socket.write(`${head} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\n${upgrade}\r\n`);
      await once(socket, 'close');
      expect([head, answer.split('\r\n', 1)[0]]).toEqual([head, 'HTTP/1.1 400 Bad Request']);
    }
  });

  it('nothing that a stranger sends writes an error line', async () => {
    showLogs();
    const { port } = new URL(gateway.url);
    for (const path of ['/auth/login', '/mcp', '/rpc', '/message', '/tokens', '/nowhere']) {
      for (const body of [undefined, `{"email":"a\\u0000","password":"x"}`, '[[]]', 'null', '{', `{"email":null}`])
        await ask('POST', path, body, {});
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"email":`,
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.resetAndDestroy();
    }
    for (const path of [`/tools/${LONG}`, '/tools/%ff', '/auth/email/admin/users/%00'])
      await ask('GET', path, undefined, {});
    // What was under way when the last connection broke has been dealt with by now.
    expect((await ask('GET', '/health')).status).toBe(200);
    expect(errorLines()).toEqual([]);
  });
});
