import { describe, expect, it } from 'vitest';
import { fail } from '#libs/errors';
import { LEGACY_REVISIONS, REVISIONS } from '../revisions.js';
import { canAnswer, relayableCapabilities } from './server-requests.js';
import { negotiateRevision, serverCodec } from './codecs.js';
import { joined } from './text.js';

const ABOUT = '{"name":"gw","version":"1"}';
const NEVER = { ttlMs: 0, cacheScope: 'private' } as const;
const TOOL =
  '{"name":"t","title":"T","icons":[],"inputSchema":{"type":"object","properties":{"n":{"maximum":1.0}}},' +
  '"outputSchema":{"type":"array","items":{"$ref":"#/$defs/a"},"$defs":{"a":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}},' +
  '"annotations":{"readOnlyHint":true},"execution":{"taskSupport":"optional"},"_meta":{"x":1},"vendor":12345678901234567890}';

describe('a tool definition', () => {
  it('a tool definition is the upstream\u2019s own text in 2026-07-28, but for the tasks of another revision', () => {
    expect(serverCodec('2026-07-28').definition('tools', TOOL)).toBe(
      TOOL.replace('"execution":{"taskSupport":"optional"},', ''),
    );
    expect(serverCodec('2026-07-28').definition('tools', '{ "name": "plain" }')).toBe('{ "name": "plain" }');
  });

  it.each(['2025-11-25', '2025-06-18'] as const)(
    'a tool definition has an output schema of an object in %s',
    (revision) => {
      const text = serverCodec(revision).definition('tools', TOOL);
      const { outputSchema, ...rest } = JSON.parse(text);
      expect(outputSchema).toEqual({
        type: 'object',
        properties: {
          result: {
            type: 'array',
            items: { $ref: '#/properties/result/$defs/a' },
            $defs: { a: { anyOf: [{ $ref: '#/properties/result' }, { type: 'null' }] } },
          },
        },
        required: ['result'],
      });
      expect('icons' in rest).toBe(revision === '2025-11-25');
      expect('execution' in rest).toBe(false);
      expect(text).toContain('"vendor":12345678901234567890');
      expect(text).toContain('"maximum":1.0');
    },
  );

  it('a tool definition keeps an output schema of an object', () => {
    const text = '{"name":"t","outputSchema":{"type":"object","properties":{}}}';
    expect(serverCodec('2025-06-18').definition('tools', text)).toBe(text);
  });

  it('a tool definition has only what older revisions know', () => {
    const keys = (revision: '2025-03-26' | '2024-11-05') =>
      Object.keys(JSON.parse(serverCodec(revision).definition('tools', TOOL)));
    expect(keys('2025-03-26')).toEqual(['name', 'inputSchema', 'annotations', 'vendor']);
    expect(keys('2024-11-05')).toEqual(['name', 'inputSchema', 'vendor']);
  });
});

describe('a result', () => {
  const body =
    '{"content":[{"type":"resource_link","uri":"x:y","name":"n"},{"type":"audio","data":"","mimeType":"audio/wav"}], "structuredContent":[1, 2]}';
  const of = (revision: (typeof REVISIONS)[number], meta?: object) =>
    joined(
      serverCodec(revision).callResult(
        'tools/call',
        { body, meta: meta as Record<string, unknown> | undefined, cache: NEVER },
        ABOUT,
      ),
    );

  it('a result says what it is and who gave it in 2026-07-28', () => {
    expect(of('2026-07-28', { 'x/y': 1 })).toBe(
      `${body.slice(0, -1)},"resultType":"complete","_meta":{"x/y":1,"io.modelcontextprotocol/serverInfo":${ABOUT}}}`,
    );
    const read = serverCodec('2026-07-28').callResult(
      'resources/read',
      { body: '{}', meta: undefined, cache: { ttlMs: 5, cacheScope: 'public' } },
      ABOUT,
    );
    expect(JSON.parse(joined(read))).toMatchObject({ ttlMs: 5, cacheScope: 'public', resultType: 'complete' });
    expect(JSON.parse(of('2026-07-28'))).not.toHaveProperty('ttlMs');
  });

  it('a result is what each older revision knows', () => {
    expect(of('2025-11-25')).toBe(body.replace('[1, 2]', '{"result":[1, 2]}').replace('], "s', '],"s'));
    expect(JSON.parse(of('2025-06-18', { 'x/y': 1 }))).toMatchObject({
      _meta: { 'x/y': 1 },
      content: [{ type: 'resource_link' }, { type: 'audio' }],
    });
    expect(JSON.parse(of('2025-03-26'))).toEqual({
      content: [
        { type: 'text', text: 'x:y' },
        { type: 'audio', data: '', mimeType: 'audio/wav' },
      ],
    });
    expect(JSON.parse(of('2024-11-05'))).toEqual({
      content: [
        { type: 'text', text: 'x:y' },
        { type: 'text', text: '[audio audio/wav]' },
      ],
    });
  });

  it('a result rewrites the messages of a prompt as well', () => {
    const prompt = '{"messages":[{"role":"user","content":{"type":"audio","data":"","mimeType":"a/b"}}]}';
    const text = serverCodec('2024-11-05').callResult(
      'prompts/get',
      { body: prompt, meta: undefined, cache: NEVER },
      ABOUT,
    );
    expect(JSON.parse(joined(text))).toEqual({
      messages: [{ role: 'user', content: { type: 'text', text: '[audio a/b]' } }],
    });
  });
});

describe('a list', () => {
  it('a list can be cached in 2026-07-28 alone', () => {
    for (const revision of REVISIONS) {
      const list = JSON.parse(
        serverCodec(revision).listResult('resourceTemplates', ['{"a":1}', '{"b":2}'], 'next', NEVER, ABOUT),
      );
      expect(list).toMatchObject({ resourceTemplates: [{ a: 1 }, { b: 2 }], nextCursor: 'next' });
      expect('ttlMs' in list && 'cacheScope' in list && 'resultType' in list).toBe(revision === '2026-07-28');
    }
  });
});

describe('the methods', () => {
  it.each(['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'])(
    'the method %s is absent from 2026-07-28 alone',
    (method) => {
      expect(REVISIONS.filter((revision) => !serverCodec(revision).operations.has(method))).toEqual(['2026-07-28']);
    },
  );

  it.each(['server/discover', 'subscriptions/listen', 'tasks/get', 'tasks/update', 'tasks/cancel'])(
    'the method %s is in 2026-07-28 alone',
    (method) => {
      expect(REVISIONS.filter((revision) => serverCodec(revision).operations.has(method))).toEqual(['2026-07-28']);
    },
  );

  it.each(['tasks/list', 'tasks/result', '__proto__', 'toString'])('the method %s is in none', (method) => {
    expect(REVISIONS.some((revision) => serverCodec(revision).operations.has(method))).toBe(false);
  });
});

describe('a failure', () => {
  it.each([
    ['mcp.method_unknown', 404, 200],
    ['mcp.header_mismatch', 400, 400],
    ['registry.tool_unknown', 200, 200],
    ['registry.server_unknown', 404, 404],
    ['upstream.timed_out', 200, 200],
    ['upstream.breaker_open', 200, 200],
    ['bus.responder_lost', 200, 200],
    ['bus.no_responders', 503, 503],
    ['bus.disconnected', 503, 503],
    ['http.overloaded', 503, 503],
    ['auth.credential_missing', 401, 401],
    ['platform.internal', 500, 500],
  ] as const)('a failure %s has status %i, before 2026-07-28 %i', (code, modern, legacy) => {
    expect(serverCodec('2026-07-28').error(fail(code)).httpStatus).toBe(modern);
    for (const revision of LEGACY_REVISIONS) expect(serverCodec(revision).error(fail(code)).httpStatus).toBe(legacy);
  });

  it.each(['bus.disconnected', 'bus.no_responders', 'platform.internal', 'http.overloaded'] as const)(
    'a failure invites nobody to repeat a call that may have run: %s',
    (code) => {
      for (const revision of ['2026-07-28', ...LEGACY_REVISIONS] as const) {
        expect(serverCodec(revision).error(fail(code, { executed: 'unknown' })).httpStatus).toBe(200);
      }
    },
  );

  it('a failure promises only what is known of the execution', () => {
    const data = (code: Parameters<typeof fail>[0], executed?: 'no' | 'unknown') =>
      serverCodec('2026-07-28').error(fail(code, executed && { executed })).error.data;
    expect(data('upstream.closed')).toEqual({ reason: 'upstream.closed', executed: 'unknown' });
    expect(data('upstream.unreachable', 'no')).toEqual({ reason: 'upstream.unreachable', executed: 'no' });
    expect(data('bus.no_responders')).toEqual({ reason: 'bus.no_responders', executed: 'no' });
    expect(data('registry.tool_unknown')).toBeUndefined();
  });

  it('a failure never shows an older or another hop\u2019s code in 2026-07-28', () => {
    const code = (from: number) =>
      serverCodec('2026-07-28').upstreamError('resources/read', 'x:y', { code: from, message: 'm' });
    expect(code(-32002)).toEqual({ httpStatus: 200, error: { code: -32602, message: 'm', data: { uri: 'x:y' } } });
    expect([-32020, -32022, -32042].map((from) => code(from).error.code)).toEqual([-32603, -32603, -32603]);
    expect(code(-32021)).toEqual({ httpStatus: 400, error: { code: -32021, message: 'm' } });
    expect(code(-5).error).toEqual({ code: -5, message: 'm' });
  });

  it('a failure leaves -32002 of a tool as it is in every revision, since only of a resource it means that there is none', () => {
    for (const revision of REVISIONS) {
      const { error } = serverCodec(revision).upstreamError('tools/call', 'x', { code: -32002, message: 'm', data: 1 });
      expect(error).toEqual({ code: -32002, message: 'm', data: 1 });
    }
  });

  it('a failure is told to older clients in their own codes', () => {
    const codec = serverCodec('2025-11-25');
    expect(
      codec.upstreamError('resources/read', 'x:y', { code: -32602, message: 'm', data: { uri: 'x:y' } }).error.code,
    ).toBe(-32002);
    expect(codec.upstreamError('tools/call', 't', { code: -32602, message: 'm' }).error.code).toBe(-32602);
    expect(codec.upstreamError('tools/call', 't', { code: -32021, message: 'm' }).error.code).toBe(-32603);
  });
});

describe('what a client can be asked', () => {
  const declared = {
    elicitation: { form: {}, url: {} },
    sampling: { tools: {} },
    roots: { listChanged: true },
    experimental: {},
    extensions: { a: {}, b: {} },
  };

  it('what a client can be asked is cut down to its revision and to what is relayed', () => {
    const of = (revision: (typeof REVISIONS)[number]) =>
      relayableCapabilities(declared, serverCodec(revision).serverRequests, ['a']);
    expect(relayableCapabilities(declared, null, ['a'])).toEqual({
      elicitation: { form: {}, url: {} },
      sampling: { tools: {} },
      roots: {},
      extensions: { a: {} },
    });
    expect(of('2025-11-25').elicitation).toEqual({ form: {}, url: {} });
    expect(of('2025-06-18').elicitation).toEqual({});
    expect(of('2025-03-26')).toEqual({ sampling: { tools: {} }, roots: {}, extensions: { a: {} } });
  });

  it('what a client can be asked follows the modes of elicitation', () => {
    const url = { mode: 'url' };
    const can = (elicitation: unknown, params: unknown) => canAnswer({ elicitation }, 'elicitation/create', params);
    expect([
      can({}, {}),
      can({}, url),
      can({ url: {} }, url),
      can({ url: {} }, {}),
      can({ form: {}, url: {} }, {}),
      can(undefined, {}),
    ]).toEqual([true, false, true, false, true, false]);
  });
});

it('a session gets the revision it asks for, or the newest that has sessions', () => {
  expect(['2025-03-26', '2026-07-28', '1999-01-01', 7].map(negotiateRevision)).toEqual([
    '2025-03-26',
    '2025-11-25',
    '2025-11-25',
    '2025-11-25',
  ]);
});
