import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  rig = new Rig({ MCP_BODY_BYTES_MAX: '100000' });
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
  ['B01 empty body', '', list, PARSE],
  ['B01 truncated', good.slice(0, -3), list, PARSE],
  ['B01 trailing junk', `${good}x`, list, PARSE],
  ['B01 two objects', good + good, list, PARSE],
  ['B01 byte order mark', `\ufeff${good}`, list, PARSE],
  ['B01 comment', `/* a */${good}`, list, PARSE],
  ['B01 NaN', good.replace('"id":1', '"id":NaN'), list, PARSE],
  ['B02 batch', [modern('tools/list')], list, INVREQ],
  ['B02 empty batch', [], {}, INVREQ],
  ['B02 scalar', '5', list, INVREQ],
  ['B02 null', 'null', list, INVREQ],
  ['B02 JSON-RPC 1.0', { ...modern('tools/list'), jsonrpc: '1.0' }, list, { ...INVREQ, id: 1 }],
  ['B02 no method', { jsonrpc: '2.0', id: 1 }, list, { ...INVREQ, id: 1 }],
  ['B02 method not a string', { jsonrpc: '2.0', id: 1, method: 7 }, list, { ...INVREQ, id: 1 }],
  [
    'B02 params not an object',
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params: [1] },
    list,
    { ...INVREQ, id: 1 },
  ],
  ['B03 id null', modern('tools/list', {}, null), list, INVREQ],
  ['B03 id object', modern('tools/list', {}, {}), list, INVREQ],
  ['B03 id boolean', modern('tools/list', {}, true), list, INVREQ],
  ['B03 id fraction', modern('tools/list', {}, 1.5), list, INVREQ],
  ['B03 id beyond 2^53', raw('"name":"echo"', '9007199254740993'), echoHeaders, INVREQ],
  ['B03 id of 10 KB', modern('tools/list', {}, 'x'.repeat(10_240)), list, INVREQ],
  [
    'B05 modern client posts a response',
    { jsonrpc: '2.0', id: 1, result: {} },
    { 'mcp-protocol-version': '2026-07-28' },
    INVREQ,
  ],
  ['B06 Method', good.replace('"method"', '"Method"'), list, { ...INVREQ, id: 1 }],
  [
    'B06 params with another letter',
    good.replace('"params"', '"param\u017f"'),
    list,
    { status: 400, code: -32602, id: 1 },
  ],
  ['B06 key twice', good.replace('"id":1', '"id":1,"id":2'), list, INVREQ],
  ['B06 name twice', raw('"name":"echo","name":"mirror"'), echoHeaders, { ...INVREQ, id: 1 }],
  ['B06 key twice, once escaped', raw('"name":"echo","n\\u0061me":"mirror"'), echoHeaders, { ...INVREQ, id: 1 }],
  [
    'B06 _meta key twice',
    good.replace('"_meta":{', '"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25",'),
    list,
    { ...INVREQ, id: 1 },
  ],
  ['B07 invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), list, PARSE],
  ['B07 overlong', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), list, PARSE],
  ['B07 UTF-16', Buffer.from(good, 'utf16le'), list, PARSE],
  ['B07 lone surrogate', raw('"name":"echo","arguments":{"a":"\\ud800"}'), echoHeaders, PARSE],
  [
    'B07 NUL in a name',
    raw('"name":"ec\\u0000ho"'),
    modernHeaders('tools/call', '=?base64?ZWMAaG8=?='),
    { status: 200, code: -32602, id: 1 },
  ],
  ['B08 65 deep', deep(62), echoHeaders, INVREQ],
  ['B08 5,000 deep', deep(5_000), echoHeaders, INVREQ],
  ['B11 one byte too many', Buffer.alloc(100_001, 0x20), list, { status: 413, code: -32600 }],
  ['B15 Mcp-Method missing', good, { 'mcp-protocol-version': '2026-07-28' }, { ...HDR, id: 1 }],
  ['B15 Mcp-Method differs', good, modernHeaders('tools/call'), { ...HDR, id: 1 }],
  ['B15 Mcp-Method in another case', good, modernHeaders('Tools/List'), { ...HDR, id: 1 }],
  ['B15 version header missing', good, { 'mcp-method': 'tools/list' }, { ...HDR, id: 1 }],
  ['B15 version header differs', good, { ...list, 'mcp-protocol-version': '2025-11-25' }, { ...HDR, id: 1 }],
  ['B15 Mcp-Name missing', raw('"name":"echo"'), modernHeaders('tools/call'), { ...HDR, id: 1 }],
  [
    'B16 base64 without padding',
    raw('"name":"echo"'),
    modernHeaders('tools/call', '=?base64?ZWNobw?='),
    { ...HDR, id: 1 },
  ],
  [
    'B16 marker in upper case',
    raw('"name":"echo"'),
    modernHeaders('tools/call', '=?BASE64?ZWNobw==?='),
    { ...HDR, id: 1 },
  ],
  ['B16 base64 of no UTF-8', raw('"name":"echo"'), modernHeaders('tools/call', '=?base64?/w==?='), { ...HDR, id: 1 }],
  [
    'B17 param header missing',
    raw('"name":"mirror","arguments":{"region":"eu"}'),
    modernHeaders('tools/call', 'mirror'),
    { ...HDR, id: 1 },
  ],
  [
    'B17 param header differs',
    raw('"name":"mirror","arguments":{"region":"eu"}'),
    { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-region': 'us' },
    { ...HDR, id: 1 },
  ],
  [
    'B17 number differs',
    raw('"name":"mirror","arguments":{"n":42}'),
    { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-count': '43' },
    { ...HDR, id: 1 },
  ],
  [
    'B17 header for null',
    raw('"name":"mirror","arguments":{"region":null}'),
    { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-region': 'null' },
    { ...HDR, id: 1 },
  ],
  [
    'B25 version unknown',
    JSON.stringify(modern('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } })),
    { ...list, 'mcp-protocol-version': '2099-01-01' },
    { status: 400, code: -32022, id: 1 },
  ],
  [
    'B25 modern header without _meta',
    { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    list,
    { status: 400, code: -32602, id: 1 },
  ],
  [
    'B25 capabilities missing',
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
    'B25 legacy version not served',
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
    'B10 tool named __proto__',
    raw('"name":"__proto__"'),
    modernHeaders('tools/call', '__proto__'),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'B10 tool named toString',
    raw('"name":"toString"'),
    modernHeaders('tools/call', 'toString'),
    { status: 200, code: -32602, id: 1 },
  ],
  ['B44 empty name', raw('"name":""'), modernHeaders('tools/call', ''), { status: 200, code: -32602, id: 1 }],
  [
    'B44 zero width',
    raw('"name":"ec\u200bho"'),
    modernHeaders('tools/call', `=?base64?${Buffer.from('ec\u200bho').toString('base64')}?=`),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'B44 upstream name of a renamed tool',
    raw('"name":"up_echo"'),
    modernHeaders('tools/call', 'up_echo'),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'B48 name of subject tokens',
    raw('"name":"*.>"'),
    modernHeaders('tools/call', '*.>'),
    { status: 200, code: -32602, id: 1 },
  ],
  [
    'B40 forged cursor',
    JSON.stringify(modern('tools/list', { cursor: 'AAAA' })),
    list,
    { status: 200, code: -32602, id: 1 },
  ],
  ['empty cursor', JSON.stringify(modern('tools/list', { cursor: '' })), list, { status: 200, code: -32602, id: 1 }],
  [
    'B40 forged requestState',
    raw('"name":"echo","requestState":"AAAA"'),
    echoHeaders,
    { status: 200, code: -32602, id: 1 },
  ],
];

describe('a body that is not right', () => {
  it.each(rows)('%s', async (_, body, headers, expected) => {
    const before = rig.calls.length;
    const { status, json } = await post(url, body, headers);

    expect({ status, code: json?.error?.code, id: json?.id }).toEqual({ id: undefined, ...expected });
    expect(JSON.stringify(json)).not.toMatch(/node_modules|\.ts:|127\.0\.0\.1|at \w+ \(/);
    expect(rig.calls.length).toBe(before);
  });

  it('B46 names the URI of a resource that is not there, and never opens it', async () => {
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
  it('B03 echoes an id as it was written', async () => {
    const { text } = await post(url, raw('"name":"echo"', '"\\u0041-1"'), echoHeaders);
    expect(text).toContain('"id":"\\u0041-1"');
  });

  it('B04 answers two requests of one id at once', async () => {
    const answers = await Promise.all(
      [1, 2].map((n) => post(url, raw(`"name":"echo","arguments":{"n":${n}}`), echoHeaders)),
    );
    expect(answers.map(({ json }) => json.result.content[0].text)).toEqual([
      expect.stringContaining('"n":1'),
      expect.stringContaining('"n":2'),
    ]);
  });

  it('B05 takes a notification it does not know', async () => {
    const { status, text } = await post(
      url,
      { jsonrpc: '2.0', method: 'notifications/what', params: { _meta: MODERN_META } },
      { 'mcp-protocol-version': '2026-07-28' },
    );
    expect([status, text]).toEqual([202, '']);
  });

  it('B08 goes 60 deep', async () => {
    expect((await post(url, deep(60), echoHeaders)).json.result).toBeDefined();
  });

  it('B10 keeps __proto__ as data', async () => {
    const { json } = await post(url, raw('"name":"echo","arguments":{"__proto__":{"polluted":1}}'), echoHeaders);
    expect(json.result.content[0].text).toContain('"__proto__":{"polluted":1}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('B15 trims the whitespace around a header', async () => {
    const answer = await rawHttp(`Mcp-Protocol-Version:  2026-07-28  \r\nMcp-Method: tools/list \r\n`, good);
    expect(answer).toMatch(/^HTTP\/1.1 200/);
  });

  it('B15 refuses a header that comes twice', async () => {
    expect(
      await rawHttp(`Mcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\nMcp-Method: tools/list\r\n`, good),
    ).toContain('-32020');
  });

  it('B16 decodes a name in base64', async () => {
    expect(
      (await post(url, raw('"name":"echo"'), modernHeaders('tools/call', '=?base64?ZWNobw==?='))).json.result,
    ).toBeDefined();
  });

  it('B17 compares numbers as numbers, and ignores params it does not know', async () => {
    const headers = { ...modernHeaders('tools/call', 'mirror'), 'mcp-param-count': '42.0', 'mcp-param-other': 'x' };
    expect(
      (await post(url, raw('"name":"mirror","arguments":{"n":42,"region":null}'), headers)).json.result,
    ).toBeDefined();
  });

  it('B24 ignores session and resumption headers on a modern request', async () => {
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
    ['B13 no content type', { 'content-type': '' }, 415],
    ['B13 text', { 'content-type': 'text/plain' }, 415],
    ['B13 form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['B13 another charset', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['B13 two types', { 'content-type': 'application/json, text/plain' }, 415],
    ['B12 compressed', { 'content-encoding': 'gzip' }, 415],
    ['B14 no accept', { accept: '' }, 406],
    ['B14 JSON alone', { accept: 'application/json' }, 406],
    ['B14 events alone', { accept: 'text/event-stream' }, 406],
    ['B14 events refused', { accept: 'application/json, text/event-stream;q=0' }, 406],
    ['B22 foreign origin', { origin: 'https://evil.example' }, 403],
    ['B22 null origin', { origin: 'null' }, 403],
    ['B22 suffix trick', { origin: 'http://localhost.evil.example' }, 403],
    ['B22 userinfo trick', { origin: 'http://localhost@evil.example' }, 403],
  ])('%s', async (_, headers, status) => {
    expect((await post(url, good, { ...list, ...(headers as Record<string, string>) })).status).toBe(status);
  });

  it.each(['evil.example', 'evil.example:4444', 'localhost.evil.example', '127.0.0.1@evil.example'])(
    'B22 Host %s',
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

  it.each(['GET', 'PUT', 'PATCH', 'OPTIONS', 'DELETE'])('B21 %s without a session', async (method) => {
    const response = await fetch(url, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET, DELETE']);
  });

  it('B21 leaves other paths to others', async () => {
    expect((await fetch(`${url}x`)).status).toBe(404);
  });

  it('B11 closes the connection on a body without end', async () => {
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

  it('B27 is told to authenticate', async () => {
    const closed = new Rig({ AUTH_REQUIRED: 'true' });
    const closedUrl = `${await closed.start()}/mcp`;
    const none = await post(closedUrl, good, list);
    expect([none.status, none.headers.get('www-authenticate'), none.json.id]).toEqual([401, 'Bearer', 1]);
    const query = await post(`${closedUrl}?access_token=red`, good, list);
    expect(query.status).toBe(401);
    await closed.stop();
  });

  it('B27 is told that the credential is not good', async () => {
    for (const authorization of ['Bearer nonsense', 'Basic cmVkOnJlZA==']) {
      const { status, headers } = await post(url, good, { ...list, authorization });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    }
    expect((await post(url, good, { ...list, authorization: 'bearer red' })).status).toBe(200);
  });

  it('B27 may not bring two credentials', async () => {
    expect(
      await rawHttp(
        'Authorization: Bearer red\r\nAuthorization: Bearer blue\r\nMcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n',
        good,
      ),
    ).toMatch(/^HTTP\/1.1 400/);
  });

  it('B36 is told the permission it lacks, before anything runs', async () => {
    const before = rig.calls.length;
    const { status, headers, json } = await post(url, raw('"name":"echo"'), { ...echoHeaders, ...auth('reader') });
    expect([status, json.id]).toEqual([403, 1]);
    expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="tools.execute"');
    expect(rig.calls.length).toBe(before);
  });

  it('B39 cannot tell a hidden server from one that is not there', async () => {
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

  it('B39 cannot tell a hidden tool from one that is not there', async () => {
    const call = (name: string, token: string) =>
      post(url, raw(`"name":"${name}"`), { ...modernHeaders('tools/call', name), ...auth(token) });
    const [hidden, absent] = [await call('hidden', 'blue'), await call('absent', 'blue')];
    expect(hidden.text.replaceAll('hidden', 'absent')).toBe(absent.text);
    expect((await call('hidden', 'red')).json.result).toBeDefined();
  });

  it('keeps to the server its token is for', async () => {
    expect((await post(url, good, { ...list, ...auth('bound') })).status).toBe(403);
    expect((await post(url.replace('/mcp', '/servers/other/mcp'), good, { ...list, ...auth('bound') })).status).toBe(
      404,
    );
    expect((await post(url.replace('/mcp', '/servers/mine/mcp'), good, { ...list, ...auth('bound') })).status).toBe(
      200,
    );
  });

  it('B43 never sees a list that was made for somebody else', async () => {
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

  it('records a refused call', async () => {
    await post(url, raw('"name":"absent"'), { ...modernHeaders('tools/call', 'absent'), ...auth('blue') });
    expect(rig.records.at(-1)).toMatchObject({
      outcome: 'refused',
      name: 'absent',
      principalId: 'blue@x',
      errorCode: 'registry.tool_unknown',
    });
  });
});

describe('a session', () => {
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

  it('B24 is needed, and has to be known', async () => {
    expect((await post(url, ping)).status).toBe(400);
    for (const id of ['nonsense', 'x'.repeat(43), 'x'.repeat(8_000)])
      expect((await post(url, ping, { 'mcp-session-id': id })).status).toBe(404);
    expect((await post(url, ping, session)).json).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  it('B41 is of no use to anybody else, and not at another endpoint', async () => {
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

  it('B02 takes a batch in 2025-03-26 only', async () => {
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

  it('answers an unknown method in-band', async () => {
    const { status, json } = await post(url, { ...ping, method: 'server/discover' }, session);
    expect([status, json.error.code]).toEqual([200, -32601]);
  });

  it('has its own code for a resource that is not there', async () => {
    const { json } = await post(url, { ...ping, method: 'resources/read', params: { uri: 'x:y' } }, session);
    expect(json.error.code).toBe(-32002);
  });
});

describe('/rpc', () => {
  it('refuses batches and GET', async () => {
    const rpc = url.replace('/mcp', '/rpc');
    expect((await post(rpc, [{ jsonrpc: '2.0', id: 1, method: 'ping' }])).status).toBe(400);
    expect((await fetch(rpc)).status).toBe(405);
    expect((await post(rpc, { jsonrpc: '2.0', id: 1, method: 'ping' })).json.result).toEqual({});
  });
});
