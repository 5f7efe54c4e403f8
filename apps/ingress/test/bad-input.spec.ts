import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPrometheus } from '#libs/telemetry';
import {
  JSON_HEADERS,
  MODERN_META,
  Rig,
  catalogOf,
  modern,
  modernHeaders,
  openSession,
  post,
  tool,
  user,
} from './rig.js';

let rig: Rig;
let url: string;
let session: Record<string, string>;

beforeAll(async () => {
  rig = new Rig({ MCP_BODY_BYTES_MAX: '100000', REFUSAL_RECORDS_PER_MINUTE: '10000' });
  const mirrored = tool('mirror', {}, undefined, [
    { header: 'Region', path: ['region'], type: 'string' },
    { header: 'Count', path: ['n'], type: 'integer' },
  ]);
  const hidden = tool('hidden', {}, { visibility: 'team', teamId: 'red', ownerEmail: null });
  rig.catalogs.set(null, catalogOf({ tools: [tool('echo'), mirrored, hidden] }));
  rig.catalogs.set(
    'mine',
    catalogOf({
      server: { id: 'mine', name: 'mine', description: null, visibility: 'team', teamId: 'red', ownerEmail: null },
    }),
  );
  rig.tokens.set('red', user('red@x', { teams: ['red'] }));
  rig.tokens.set('blue', user('blue@x'));
  rig.tokens.set('reader', user('reader@x', { permissions: ['tools.read'] }));
  rig.tokens.set('bound', user('bound@x', { serverId: 'mine', teams: ['red'] }));
  url = `${await rig.start()}/mcp`;
  session = await openSession(url);
});
afterAll(() => rig.stop());

const list = modernHeaders('tools/list');
const raw = (params: string, id = '1') =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{${params},"_meta":${JSON.stringify(MODERN_META)}}}`;
const deep = (depth: number) => raw(`"name":"echo","arguments":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
const echoHeaders = modernHeaders('tools/call', 'echo');
const good = JSON.stringify(modern('tools/list'));
const PARSE = { status: 400, code: -32700, id: undefined };
const INVREQ = { status: 400, code: -32600 };
const HDR = { status: 400, code: -32020 };

type Row = [
  string,
  string | Uint8Array | object,
  Record<string, string>,
  { status: number; code: number; id?: unknown },
];

const rows: Row[] = [
  ['empty body', '', list, PARSE],
  ['truncated', good.slice(0, -3), list, PARSE],
  ['trailing junk', `${good}x`, list, PARSE],
  ['two objects', good + good, list, PARSE],
  ['byte order mark', `\ufeff${good}`, list, PARSE],
  ['comment', `/* a */${good}`, list, PARSE],
  ['NaN', good.replace('"id":1', '"id":NaN'), list, PARSE],
  ['batch of one request', [modern('tools/list')], list, INVREQ],
  ['empty batch', [], {}, INVREQ],
  ['scalar', '5', list, INVREQ],
  ['null', 'null', list, INVREQ],
  ['JSON-RPC 1.0', { ...modern('tools/list'), jsonrpc: '1.0' }, list, { ...INVREQ, id: 1 }],
  ['no method', { jsonrpc: '2.0', id: 1 }, list, { ...INVREQ, id: 1 }],
  ['method not a string', { jsonrpc: '2.0', id: 1, method: 7 }, list, { ...INVREQ, id: 1 }],
  ['params not an object', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: [1] }, list, { ...INVREQ, id: 1 }],
  ['id null', modern('tools/list', {}, null), list, INVREQ],
  ['id object', modern('tools/list', {}, {}), list, INVREQ],
  ['id boolean', modern('tools/list', {}, true), list, INVREQ],
  ['id fraction', modern('tools/list', {}, 1.5), list, INVREQ],
  ['id of 2,000 digits', raw('"name":"echo"', '1'.repeat(2_000)), echoHeaders, INVREQ],
  ['id of 10 KB', modern('tools/list', {}, 'x'.repeat(10_240)), list, INVREQ],
  [
    'modern client posts a response',
    { jsonrpc: '2.0', id: 1, result: {} },
    { 'mcp-protocol-version': '2026-07-28' },
    INVREQ,
  ],
  ['Method', good.replace('"method"', '"Method"'), list, { ...INVREQ, id: 1 }],
  ['params with another letter', good.replace('"params"', '"param\u017f"'), list, { status: 400, code: -32602, id: 1 }],
  ['key twice', good.replace('"id":1', '"id":1,"id":2'), list, INVREQ],
  ['name twice', raw('"name":"echo","name":"mirror"'), echoHeaders, { ...INVREQ, id: 1 }],
  ['key twice, once escaped', raw('"name":"echo","n\\u0061me":"mirror"'), echoHeaders, { ...INVREQ, id: 1 }],
  [
    '_meta key twice',
    good.replace('"_meta":{', '"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25",'),
    list,
    { ...INVREQ, id: 1 },
  ],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), list, PARSE],
  ['overlong', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), list, PARSE],
  ['UTF-16', Buffer.from(good, 'utf16le'), list, PARSE],
  ['lone surrogate', raw('"name":"echo","arguments":{"a":"\\ud800"}'), echoHeaders, PARSE],
  [
    'NUL in a name',
    raw('"name":"ec\\u0000ho"'),
    modernHeaders('tools/call', '=?base64?ZWMAaG8=?='),
    { status: 200, code: -32602, id: 1 },
  ],
  ['65 deep', deep(62), echoHeaders, INVREQ],
  ['5,000 deep', deep(5_000), echoHeaders, INVREQ],
  ['one byte too many', Buffer.alloc(100_001, 0x20), list, { status: 413, code: -32600 }],
  ['Mcp-Method missing', good, { 'mcp-protocol-version': '2026-07-28' }, { ...HDR, id: 1 }],
  ['Mcp-Method differs', good, modernHeaders('tools/call'), { ...HDR, id: 1 }],
  ['Mcp-Method in another case', good, modernHeaders('Tools/List'), { ...HDR, id: 1 }],
  ['version header missing', good, { 'mcp-method': 'tools/list' }, { ...HDR, id: 1 }],
  ['version header differs', good, { ...list, 'mcp-protocol-version': '2025-11-25' }, { ...HDR, id: 1 }],
  ['Mcp-Name missing', raw('"name":"echo"'), modernHeaders('tools/call'), { ...HDR, id: 1 }],
  ['base64 without padding', raw('"name":"echo"'), modernHeaders('tools/call', '=?base64?ZWNobw?='), { ...HDR, id: 1 }],
  ['marker in upper case', raw('"name":"echo"'), modernHeaders('tools/call', '=?BASE64?ZWNobw==?='), { ...HDR, id: 1 }],
  ['base64 of no UTF-8', raw('"name":"echo"'), modernHeaders('tools/call', '=?base64?/w==?='), { ...HDR, id: 1 }],
  [
    'param header missing',
    raw('"name":"mirror","arguments":{"region":"eu"}'),
    modernHeaders('tools/call', 'mirror'),
    { ...HDR, id: 1 },
  ],
  [
    'param header differs',
    raw('"name":"mirror","arguments":{"region":"eu"}'),
    { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-region': 'us' },
    { ...HDR, id: 1 },
  ],
  [
    'number differs',
    raw('"name":"mirror","arguments":{"n":42}'),
    { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-count': '43' },
    { ...HDR, id: 1 },
  ],
  [
    'header for null',
    raw('"name":"mirror","arguments":{"region":null}'),
    { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-region': 'null' },
    { ...HDR, id: 1 },
  ],
  [
    'version unknown',
    JSON.stringify(modern('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } })),
    { ...list, 'mcp-protocol-version': '2099-01-01' },
    { status: 400, code: -32022, id: 1 },
  ],
  [
    'modern header without _meta',
    { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    list,
    { status: 400, code: -32602, id: 1 },
  ],
  [
    'capabilities missing',
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
      params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } },
    },
    list,
    { status: 400, code: -32602, id: 1 },
  ],
  [
    'legacy version not served',
    { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    { 'mcp-protocol-version': '2024-01-01' },
    { status: 400, code: -32022, id: 1 },
  ],
  [
    'unknown method',
    JSON.stringify(modern('tools/destroy')),
    modernHeaders('tools/destroy'),
    { status: 404, code: -32601, id: 1 },
  ],
  [
    'initialize in a modern envelope',
    JSON.stringify(modern('initialize')),
    modernHeaders('initialize'),
    { status: 404, code: -32601, id: 1 },
  ],
  [
    'unknown log level',
    JSON.stringify(modern('tools/list', { _meta: { 'io.modelcontextprotocol/logLevel': 'loud' } })),
    list,
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'tool named __proto__',
    raw('"name":"__proto__"'),
    modernHeaders('tools/call', '__proto__'),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'tool named toString',
    raw('"name":"toString"'),
    modernHeaders('tools/call', 'toString'),
    { status: 200, code: -32602, id: 1 },
  ],
  ['empty name', raw('"name":""'), modernHeaders('tools/call', ''), { status: 200, code: -32602, id: 1 }],
  [
    'zero width',
    raw('"name":"ec\u200bho"'),
    modernHeaders('tools/call', `=?base64?${Buffer.from('ec\u200bho').toString('base64')}?=`),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'upstream name of a renamed tool',
    raw('"name":"up_echo"'),
    modernHeaders('tools/call', 'up_echo'),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'name of subject tokens',
    raw('"name":"*.>"'),
    modernHeaders('tools/call', '*.>'),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'forged cursor',
    JSON.stringify(modern('tools/list', { cursor: 'AAAA' })),
    list,
    { status: 200, code: -32602, id: 1 },
  ],
  ['empty cursor', JSON.stringify(modern('tools/list', { cursor: '' })), list, { status: 200, code: -32602, id: 1 }],
  [
    'forged requestState',
    raw('"name":"echo","requestState":"AAAA"'),
    echoHeaders,
    { status: 200, code: -32602, id: 1 },
  ],
];

describe('a body that is not right', () => {
  it.each(rows)('the gateway refuses a message when it is wrong: %s', async (_, body, headers, expected) => {
    const before = rig.calls.length;
    const { status, json } = await post(url, body, headers);

    expect({ status, code: json?.error?.code, id: json?.id }).toEqual({ id: undefined, ...expected });
    expect(JSON.stringify(json)).not.toMatch(/node_modules|\.ts:|127\.0\.0\.1|at \w+ \(/);
    expect(rig.calls.length).toBe(before);
  });

  it('the gateway names the URI and opens nothing when a resource is not there', async () => {
    for (const uri of [
      'file:///../../etc/passwd',
      'file:///%2e%2e/a',
      'javascript:alert(1)',
      '\\\\host\\share',
      'item://a/b/data',
    ]) {
      const { status, json } = await post(url, modern('resources/read', { uri }), modernHeaders('resources/read', uri));
      expect({ status, code: json.error.code, data: json.error.data }).toEqual({
        status: 200,
        code: -32602,
        data: { uri },
      });
    }
  });
});

describe('what is unusual but right', () => {
  it('the gateway echoes a request id as it was written', async () => {
    const { text } = await post(url, raw('"name":"echo"', '"\\u0041-1"'), echoHeaders);
    expect(text).toContain('"id":"\\u0041-1"');
  });

  it('the gateway answers both requests when they carry one id at once', async () => {
    const answers = await Promise.all(
      [1, 2].map((n) => post(url, raw(`"name":"echo","arguments":{"n":${n}}`), echoHeaders)),
    );
    expect(answers.map(({ json }) => json.result.content[0].text)).toEqual([
      expect.stringContaining('"n":1'),
      expect.stringContaining('"n":2'),
    ]);
  });

  it('the gateway accepts a notification when it does not know its method', async () => {
    const { status, text } = await post(
      url,
      { jsonrpc: '2.0', method: 'notifications/what', params: { _meta: MODERN_META } },
      { 'mcp-protocol-version': '2026-07-28' },
    );
    expect([status, text]).toEqual([202, '']);
  });

  it('the gateway takes a body when it nests 60 deep', async () => {
    expect((await post(url, deep(60), echoHeaders)).json.result).toBeDefined();
  });

  it('the gateway keeps __proto__ as data when arguments hold it', async () => {
    const { json } = await post(url, raw('"name":"echo","arguments":{"__proto__":{"polluted":1}}'), echoHeaders);
    expect(json.result.content[0].text).toContain('"__proto__":{"polluted":1}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('the gateway trims a mirrored header when whitespace surrounds it', async () => {
    const answer = await rawHttp(`Mcp-Protocol-Version:  2026-07-28  \r\nMcp-Method: tools/list \r\n`, good);
    expect(answer).toMatch(/^HTTP\/1.1 200/);
  });

  it('the gateway refuses a request when a mirrored header comes twice', async () => {
    expect(
      await rawHttp(`Mcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\nMcp-Method: tools/list\r\n`, good),
    ).toContain('-32020');
  });

  it('the gateway decodes a name when its header is in base64', async () => {
    expect(
      (await post(url, raw('"name":"echo"'), modernHeaders('tools/call', '=?base64?ZWNobw==?='))).json.result,
    ).toBeDefined();
  });

  it('the gateway compares mirrored numbers as numbers and ignores parameter headers it does not know', async () => {
    const headers = { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-count': '42.0', 'mcp-param-other': 'x' };
    expect(
      (await post(url, raw('"name":"mirror","arguments":{"n":42,"region":null}'), headers)).json.result,
    ).toBeDefined();
  });

  it('the gateway ignores session and resumption headers when a request is modern', async () => {
    const { status, headers } = await post(url, good, { ...list, 'mcp-session-id': 'nonsense', 'last-event-id': 'x' });
    expect([status, headers.get('mcp-session-id')]).toEqual([200, null]);
  });
});

const rawHttp = (headers: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', reject);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
        `Accept: application/json, text/event-stream\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`,
    );
  });

describe('HTTP that is not right', () => {
  it.each([
    ['no content type', { 'content-type': '' }, 415],
    ['text', { 'content-type': 'text/plain' }, 415],
    ['form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['two types', { 'content-type': 'application/json, text/plain' }, 415],
    ['compressed', { 'content-encoding': 'gzip' }, 415],
    ['events alone', { accept: 'text/event-stream' }, 406],
    ['JSON refused', { accept: 'application/json;q=0, text/event-stream' }, 406],
    ['text alone', { accept: 'text/html' }, 406],
    ['foreign origin', { origin: 'https://evil.example' }, 403],
    ['null origin', { origin: 'null' }, 403],
    ['suffix trick', { origin: 'http://localhost.evil.example' }, 403],
    ['userinfo trick', { origin: 'http://localhost@evil.example' }, 403],
  ])('the gateway refuses a POST when its headers are wrong: %s', async (_, headers, status) => {
    expect((await post(url, good, { ...list, ...(headers as Record<string, string>) })).status).toBe(status);
  });

  it.each(['evil.example', 'evil.example:4444', 'localhost.evil.example', '127.0.0.1@evil.example'])(
    'the gateway refuses a request when its Host is %s',
    async (host) => {
      const status = await new Promise((resolve, reject) => {
        const outgoing = httpRequest(
          url,
          { method: 'POST', headers: { ...JSON_HEADERS, ...list, host } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        outgoing.on('error', reject);
        outgoing.end(good);
      });
      expect(status).toBe(403);
    },
  );

  it.each(['GET', 'PUT', 'PATCH', 'OPTIONS', 'DELETE'])(
    'the gateway answers 405 with Allow when %s comes without a session',
    async (method) => {
      const response = await fetch(url, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET, DELETE']);
    },
  );

  it('ingress leaves a request to others when its path is none of its own', async () => {
    expect((await fetch(`${url}x`)).status).toBe(404);
  });

  it('the gateway closes the connection when a body has no end', async () => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => {});
    socket.write(
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: */*\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    const timer = setInterval(() => socket.write(chunk), 1);
    await closed;
    clearInterval(timer);
    expect(text).toMatch(/^HTTP\/1.1 413/);
  });
});

describe('somebody who may not', () => {
  const auth = (token: string) => ({ authorization: `Bearer ${token}` });

  it('a stranger is told to authenticate when it brings no credential', async () => {
    const closed = new Rig({ AUTH_REQUIRED: 'true' });
    const closedUrl = `${await closed.start()}/mcp`;
    const none = await post(closedUrl, good, list);
    expect([none.status, none.headers.get('www-authenticate'), none.json.id]).toEqual([401, 'Bearer', 1]);
    for (const method of ['GET', 'DELETE']) {
      const asked = await fetch(closedUrl, { method });
      expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    const query = await post(`${closedUrl}?access_token=red`, good, list);
    expect(query.status).toBe(401);
    await closed.stop();
  });

  it('a caller is told that its credential is invalid when it is not good', async () => {
    for (const authorization of ['Bearer nonsense', 'Basic cmVkOnJlZA==']) {
      const { status, headers } = await post(url, good, { ...list, authorization });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    }
    expect((await post(url, good, { ...list, authorization: 'bearer red' })).status).toBe(200);
  });

  it('a caller is refused when it brings two credentials', async () => {
    expect(
      await rawHttp(
        'Authorization: Bearer red\r\nAuthorization: Bearer blue\r\nMcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n',
        good,
      ),
    ).toMatch(/^HTTP\/1.1 400/);
  });

  it('a caller is told the permission it lacks before anything runs', async () => {
    const before = rig.calls.length;
    const { status, headers, json } = await post(url, raw('"name":"echo"'), { ...echoHeaders, ...auth('reader') });
    expect([status, json.id]).toEqual([403, 1]);
    expect(json.error.data.permission).toBe('tools.execute');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(rig.calls.length).toBe(before);
  });

  it('a caller gets the same answer when a server is hidden as when it is not there', async () => {
    const at = (id: string, token: string) =>
      post(url.replace('/mcp', `/servers/${id}/mcp`), good, { ...list, ...auth(token) });
    const [hidden, absent, padded] = await Promise.all([
      at('mine', 'blue'),
      at('nowhere', 'blue'),
      at('mine%20', 'red'),
    ]);
    expect(hidden.status).toBe(404);
    expect([hidden.text, padded.text]).toEqual([absent.text, absent.text]);
    expect((await at('mine', 'red')).status).toBe(200);
  });

  it('a caller gets the same answer when a tool is hidden as when it is not there', async () => {
    const call = (name: string, token: string) =>
      post(url, raw(`"name":"${name}"`), { ...modernHeaders('tools/call', name), ...auth(token) });
    const [hidden, absent] = [await call('hidden', 'blue'), await call('absent', 'blue')];
    expect(hidden.text.replaceAll('hidden', 'absent')).toBe(absent.text);
    expect((await call('hidden', 'red')).json.result).toBeDefined();
  });

  it('a caller is kept to one server when its token is for that server', async () => {
    expect((await post(url, good, { ...list, ...auth('bound') })).status).toBe(403);
    expect((await post(url.replace('/mcp', '/servers/other/mcp'), good, { ...list, ...auth('bound') })).status).toBe(
      404,
    );
    expect((await post(url.replace('/mcp', '/servers/mine/mcp'), good, { ...list, ...auth('bound') })).status).toBe(
      200,
    );
  });

  it('a caller never gets a list when it was made for somebody else', async () => {
    const names = async (token: string) => {
      const { json } = await post(url, good, { ...list, ...auth(token) });
      expect(json.result.cacheScope).toBe('private');
      return json.result.tools.map(({ name }: { name: string }) => name);
    };
    expect([await names('red'), await names('blue'), await names('red')]).toEqual([
      ['echo', 'mirror', 'hidden'],
      ['echo', 'mirror'],
      ['echo', 'mirror', 'hidden'],
    ]);
  });

  it('the gateway records a call when it is refused', async () => {
    await post(url, raw('"name":"absent"'), { ...modernHeaders('tools/call', 'absent'), ...auth('blue') });
    expect(rig.records.at(-1)).toMatchObject({
      outcome: 'refused',
      name: 'absent',
      principalId: 'blue@x',
      errorCode: 'registry.tool_unknown',
      clientName: 'test',
      address: '127.0.0.1',
      revision: '2026-07-28',
    });
  });

  it.each([
    [
      'a permission is missing',
      'reader',
      { principalId: 'reader@x', errorCode: 'auth.grant_missing', rule: 'permission tools.execute' },
    ],
    ['its token is not good', 'wrong', { principalId: '', errorCode: 'auth.credential_invalid', rule: null }],
  ])('the gateway records who was refused what, and by which rule, when %s', async (_why, token, facts) => {
    const _meta = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    await post(url, modern('tools/call', { name: 'echo', _meta }), { ...echoHeaders, ...auth(token) });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const known = { traceId, outcome: 'refused', method: 'tools/call', name: 'echo', serverId: null, upstreamId: null };
    expect(rig.records.at(-1)).toMatchObject({ ...known, address: '127.0.0.1', clientName: 'test', ...facts });
  });

  it('Prometheus tells requests apart by method, era and what they failed of when they are answered', async () => {
    await post(url, good, { ...list, ...auth('blue') });
    await post(url, raw('"name":"echo"'), { ...echoHeaders, ...auth('reader') });
    await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, session);
    await post(url, JSON.stringify(modern('made/up')), { ...modernHeaders('made/up'), ...auth('blue') });
    const text = await renderPrometheus();
    for (const labels of [
      'mcp_method_name="tools/list",era="modern"',
      'mcp_method_name="tools/list",era="legacy"',
      'mcp_method_name="tools/call",era="modern",error_type="auth.grant_missing"',
      'mcp_method_name="other",era="modern",error_type="mcp.method_unknown"',
    ])
      expect(text).toMatch(new RegExp(`mcp_server_operation_duration_seconds_count{${labels}} [1-9]`));
    expect(text).not.toContain('made/up');
    expect(text).toMatch(/caller_admissions_total{source="memory"} [1-9]/);
  });

  it('the gateway records the refusal of a request that it did not read when that is no JSON', async () => {
    await post(url, '{', { ...list, ...auth('blue') });
    expect(rig.records.at(-1)).toMatchObject({ errorCode: 'mcp.malformed_json', method: '', principalId: 'blue@x' });
  });

  it('the gateway records no words of the client as a method when MCP does not have it', async () => {
    await post(url, JSON.stringify(modern('made/up')), { ...modernHeaders('made/up'), ...auth('blue') });
    expect(rig.records.at(-1)).toMatchObject({ errorCode: 'mcp.method_unknown', method: 'other', name: 'made/up' });
  });
});

describe('a session', () => {
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

  it('the gateway refuses a legacy request when its session is unknown', async () => {
    for (const id of ['nonsense', 'x'.repeat(43), 'x'.repeat(8_000)])
      expect((await post(url, ping, { 'mcp-session-id': id })).status).toBe(404);
    expect((await post(url, ping, session)).json).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  it('a session is unknown when another caller or another endpoint uses it', async () => {
    const red = await openSession(url, {}, '2025-11-25', { authorization: 'Bearer red' });
    const { authorization: _, ...stolen } = red;
    const foreign = await post(url, ping, { ...stolen, authorization: 'Bearer blue' });
    const unknown = await post(url, ping, { 'mcp-session-id': 'x'.repeat(43), authorization: 'Bearer blue' });
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text]);
    expect((await fetch(url, { method: 'DELETE', headers: { ...stolen, authorization: 'Bearer blue' } })).status).toBe(
      404,
    );
    expect((await post(url.replace('/mcp', '/servers/mine/mcp'), ping, red)).status).toBe(404);
    expect((await post(url, ping, red)).status).toBe(200);
  });

  it('a session takes a batch only when its revision is 2025-03-26', async () => {
    const batch = [
      ping,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { ...ping, id: 'b', method: 'tools/list' },
      7,
    ];
    expect((await post(url, batch, session)).status).toBe(400);
    const old = await openSession(url, {}, '2025-03-26');
    const { json } = await post(url, batch, old);
    expect(json).toHaveLength(3);
    expect(json).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 1, result: {} },
        expect.objectContaining({ id: 'b' }),
        expect.objectContaining({ error: expect.anything() }),
      ]),
    );
    expect((await post(url, [{ ...ping, method: 'initialize' }], old)).status).toBe(400);
  });

  it('a session answers in-band when a method is unknown', async () => {
    const { status, json } = await post(url, { ...ping, method: 'server/discover' }, session);
    expect([status, json.error.code]).toEqual([200, -32601]);
  });

  it('a session gets its own error code when a resource is not there', async () => {
    const { json } = await post(url, { ...ping, method: 'resources/read', params: { uri: 'x:y' } }, session);
    expect(json.error.code).toBe(-32002);
  });
});

describe('/rpc', () => {
  it('/rpc refuses a request when it is a batch or a GET', async () => {
    const rpc = url.replace('/mcp', '/rpc');
    expect((await post(rpc, [{ jsonrpc: '2.0', id: 1, method: 'ping' }])).status).toBe(400);
    expect((await fetch(rpc)).status).toBe(405);
    expect((await post(rpc, { jsonrpc: '2.0', id: 1, method: 'ping' })).json.result).toEqual({});
  });
});
