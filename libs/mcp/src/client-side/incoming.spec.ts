import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CarriedJson, textOf } from '../json/carried.js';
import {
  type IncomingNotification,
  notifiedParams,
  readIncoming,
  readMessages,
  type Incoming,
  type Stray,
} from './incoming.js';
import { withMeta } from './outgoing.js';
import { linksIn } from './resource-links.js';
import { itemTexts, resultBody, resultHead } from './result-parts.js';

const result = (text: string) => {
  const message = readIncoming(`{"jsonrpc":"2.0","id":1,"result":${text}}`);
  if (message.kind !== 'result') throw new Error(message.kind);
  return message;
};

describe('readIncoming', () => {
  it('readIncoming keeps the text of a result as it came', () => {
    const text = '{ "b" : 9007199254740993, "a":1e400, "content":[{"text":"\\u00e9"}] }';

    expect(result(text).text).toBe(text);
  });

  it.each([
    ['no JSON', 'hello'],
    ['an array', '[]'],
    ['another protocol', '{"jsonrpc":"1.0","id":1,"result":{}}'],
    ['a result that is no object', '{"jsonrpc":"2.0","id":1,"result":[]}'],
    ['neither result nor error', '{"jsonrpc":"2.0","id":1}'],
    ['both', '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}'],
    ['an error without a code', '{"jsonrpc":"2.0","id":1,"error":{}}'],
    ['a key twice', '{"jsonrpc":"2.0","id":1,"result":{},"result":{"a":1}}'],
    ['a method that is no string', '{"jsonrpc":"2.0","method":1}'],
    ['params that are no object', '{"jsonrpc":"2.0","method":"a","params":[1]}'],
    ['a request with an impossible id', '{"jsonrpc":"2.0","method":"a","id":null}'],
    ['depth', `{"jsonrpc":"2.0","id":1,"result":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`],
  ])('readIncoming refuses %s', (_name, text) => {
    expect(() => readIncoming(text)).toThrow(expect.objectContaining({ code: 'upstream.invalid_answer' }));
  });

  it('readIncoming reads requests, notifications and errors', () => {
    expect(readIncoming('{"jsonrpc":"2.0","id":"a","method":"ping"}')).toEqual({
      kind: 'request',
      id: 'a',
      method: 'ping',
      params: {},
      paramsText: '{}',
    });
    const notified = readIncoming('{"jsonrpc":"2.0","method":"n","params":{"a":1.0}}');
    expect(notified).toMatchObject({ kind: 'notification', method: 'n', params: { a: 1 } });
    expect(notifiedParams(notified as IncomingNotification)).toBe('{"a":1.0}');
    expect(readIncoming('{"jsonrpc":"2.0","error":{"code":-32000,"message":"no"}}')).toEqual({
      kind: 'error',
      id: null,
      error: { code: -32000, message: 'no' },
    });
  });

  it.each([
    ['an error that is null', '{"jsonrpc":"2.0","id":1,"result":{},"error":null}', { kind: 'result', id: 1 }],
    [
      'a result that is null',
      '{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"m"}}',
      { kind: 'error', id: 1 },
    ],
    ['an id as text', '{"jsonrpc":"2.0","id":"17","result":{}}', { kind: 'result', id: 17 }],
    ['params that are null', '{"jsonrpc":"2.0","method":"n","params":null}', { kind: 'notification', params: {} }],
    [
      'a notification with an id that is null',
      '{"jsonrpc":"2.0","method":"notifications/x","id":null}',
      { kind: 'notification' },
    ],
    [
      'a request with params that are null',
      '{"jsonrpc":"2.0","id":"a","method":"ping","params":null}',
      { kind: 'request', paramsText: '{}' },
    ],
    ['the mark of a file', '\uFEFF{"jsonrpc":"2.0","id":1,"result":{}}', { kind: 'result', text: '{}' }],
  ])('readIncoming reads %s', (_name, text, expected) => {
    expect(readIncoming(text)).toMatchObject(expected);
  });

  it('readIncoming keeps an id that is text when it is none of the gateway', () => {
    for (const id of ['01', '1.0', 'a1', '', '1'.repeat(20)])
      expect(readIncoming(JSON.stringify({ jsonrpc: '2.0', id, result: {} }))).toMatchObject({ id });
  });

  it('readIncoming reads a list that nests deeper than what is passed on', () => {
    const deep = result(`{"tools":[{"name":"deep","inputSchema":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}]}`);
    expect(itemTexts(deep.text, 'tools')).toHaveLength(1);
    expect(() => resultHead(deep)).toThrow(expect.objectContaining({ code: 'upstream.invalid_answer' }));
  });

  it('readIncoming does not fall for __proto__', () => {
    const text = resultBody(result('{"__proto__":{"polluted":true},"content":[]}'));

    expect(text).toBe('{"__proto__":{"polluted":true},"content":[]}');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('readMessages', () => {
  const read = (text: string | Buffer) => {
    const messages: Incoming[] = [];
    const strays: Stray[] = [];
    readMessages(
      text,
      (message) => messages.push(message),
      (stray) => strays.push(stray),
    );
    return { messages, strays };
  };

  it('readMessages reads the messages of a batch one by one', () => {
    const { messages, strays } = read(
      ' [{"jsonrpc":"2.0","method":"n"}, {"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890}}]',
    );
    expect(messages).toMatchObject([{ kind: 'notification' }, { kind: 'result', text: '{"n":12345678901234567890}' }]);
    expect(strays).toEqual([]);
  });

  it('readMessages tells apart what is no message, and whose answer it was', () => {
    expect(read('hello').strays).toMatchObject([{ id: undefined }]);
    expect(read('17').strays).toMatchObject([{ id: undefined }]);
    expect(read('{"jsonrpc":"2.0","id":"4","result":[]}').strays).toMatchObject([{ id: 4 }]);
    const { messages, strays } = read(
      '[7,{"jsonrpc":"2.0","method":"n","params":[]},{"jsonrpc":"2.0","id":1,"result":{}}]',
    );
    expect(messages).toMatchObject([{ kind: 'result', id: 1 }]);
    expect(strays).toMatchObject([{ id: undefined }, { id: undefined }]);
  });
});

describe('a long result', () => {
  const given = (json: string | Buffer): unknown[] => {
    const told: unknown[] = [];
    readMessages(
      json,
      (message) => {
        const { kind } = message;
        if (kind !== 'result') return void told.push(message);
        const { id, depth, seen } = message;
        try {
          const head = resultHead(message);
          const links = linksIn(message);
          const { result: whole, text } = message;
          told.push({ kind, id, depth, isError: seen['isError'] === true, head, links, whole, text });
          told.push(JSON.parse(textOf(resultBody(message))));
        } catch (error) {
          told.push(String(error));
        }
      },
      ({ id, error }) => told.push({ id, error: error.message }),
    );
    return told;
  };

  it.each([
    ['a result', '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"é☃"}]}}'],
    [
      'what says something about it',
      '{"id":"8", "result":{"resultType":"complete","ttlMs":5,"content":[],"_meta":{"a/b":"ü","traceparent":"x"}, "isError":true},"jsonrpc":"2.0"}',
    ],
    ['what stands between', '{"jsonrpc":"2.0","id":1,"result":{"a":1 , "_meta":{},\n"b":2,"ttlMs":9,"c":[]}}'],
    ['nothing else', '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}'],
    ['nulls', '{"jsonrpc":"2.0","id":1,"result":{"isError":null,"content":null,"resultType":null,"description":null}}'],
    ['links', '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"resource_link","uri":"a:b"}]}}'],
    [
      'links that are escaped',
      '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"resource\\u005flink","uri":"a:b"}]}}',
    ],
    ['an escaped key', '{"jsonrpc":"2.0","id":1,"result":{"\\u005fmeta":{"k":1},"resultType":"complete"}}'],
    ['a result of another type', `{"jsonrpc":"2.0","id":1,"result":{"resultType":"${'x'.repeat(100)}"}}`],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}'],
    ['an error beside it', '{"jsonrpc":"2.0","id":1,"error":null,"result":{}}'],
    ['a notification', '{"jsonrpc":"2.0","method":"n","params":{}}'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]'],
    ['the mark of a file', '\uFEFF{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['a key twice', '{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2,"ttlMs":1}}'],
    ['another protocol', '{"jsonrpc":"1.0","id":1,"result":{}}'],
    ['a result that is none', '{"jsonrpc":"2.0","id":1,"result":[]}'],
    ['no JSON', '{"jsonrpc":"2.0","id":1,"result":{"a":}}'],
    ['depth', `{"jsonrpc":"2.0","id":1,"result":{"a":${'['.repeat(90)}${']'.repeat(90)}}}`],
  ])('a long result is read from its bytes as from its text when it has %s', (_what, text) => {
    expect(given(Buffer.from(text))).toEqual(given(text));
  });

  it('a long result is read from its bytes as from its text, whatever stands in it', () => {
    const keys = fc.constantFrom('_meta', 'resultType', 'ttlMs', 'content', 'isError', 'ü', 'x', 'y', 'z');
    const results = fc.dictionary(keys, fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(results, fc.constantFrom(undefined, 1), (value, indent) => {
        const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: value }, null, indent);
        expect(given(Buffer.from(text))).toEqual(given(text));
      }),
    );
  });

  it('a long result gives its own bytes, without a copy, when only its ends are left out', () => {
    const inside = '"content":[{"n":9007199254740993, "m":1.10}] , "z":"\\u00e9"';
    const bytes = Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete",${inside},"_meta":{}}}`);
    const bodies: CarriedJson[] = [];
    readMessages(
      bytes,
      (message) => message.kind === 'result' && bodies.push(resultBody(message)),
      () => {},
    );
    expect(bodies.map(String)).toEqual([`{${inside}}`]);
    expect((bodies[0] as Buffer).buffer).toBe(bytes.buffer);
  });

  it('a long result is no message when it is not UTF-8', () => {
    const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"a":"\u00e9"}}');
    bytes[bytes.indexOf(0xc3)] = 0xff;
    expect(given(bytes)).toEqual([{ id: undefined, error: 'The upstream sent bytes that are not UTF-8' }]);
  });
});

const resultParts = (message: ReturnType<typeof result>) => ({ ...resultHead(message), text: resultBody(message) });

describe('the parts of a result', () => {
  it('resultParts leaves out what says nothing because it is null', () => {
    expect(
      resultParts(result('{"content":[],"isError":null,"structuredContent":null,"resultType":null}')),
    ).toMatchObject({
      resultType: 'complete',
      text: '{"content":[],"structuredContent":null}',
    });
  });

  it('resultParts moves what belongs to the hop into the head and leaves the rest untouched', () => {
    const parts = resultParts(
      result(
        '{"resultType":"complete","z":9007199254740993,"ttlMs":5000,"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x"},"acme/kept":1},"cacheScope":"public","a":[1.0]}',
      ),
    );

    expect(parts).toEqual({
      resultType: 'complete',
      ttlMs: 5_000,
      cacheScope: 'public',
      meta: { 'acme/kept': 1 },
      text: '{"z":9007199254740993,"a":[1.0]}',
    });
  });

  it.each([[-1], [1.5], ['5'], [null]])('resultParts takes no ttlMs of %j', (ttlMs) => {
    expect(resultParts(result(JSON.stringify({ ttlMs })))).not.toHaveProperty('ttlMs');
  });

  it('resultParts believes a ttlMs for a day at most', () => {
    expect(resultParts(result('{"ttlMs":1e18}')).ttlMs).toBe(86_400_000);
  });

  it('resultParts cuts a list into the texts of its items', () => {
    expect(itemTexts('{"tools":[ {"a":[1,2]} ,{"b":"]"}],"x":1}', 'tools')).toEqual(['{"a":[1,2]}', '{"b":"]"}']);
  });
});

describe('withMeta', () => {
  it.each([
    ['{}', '{"_meta":{"a":1}}'],
    ['  { }', '{"_meta":{"a":1}}'],
    ['{"name":"x"}', '{"_meta":{"a":1},"name":"x"}'],
    ['{\n "n" : 1.0 }', '{"_meta":{"a":1},"n" : 1.0 }'],
  ])('withMeta %j → %s', (params, expected) => {
    expect(withMeta(params, { a: 1 })).toBe(expected);
  });
});
