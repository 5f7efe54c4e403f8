import { describe, expect, it } from 'vitest';
import { type ClientRequest, editParams, paramText, readBody } from './message.js';
import { readRequestMeta } from './request-meta.js';

const request = (text: string): ClientRequest => {
  const message = readBody(text);
  if (message.kind !== 'request') throw new Error(`not a request: ${message.kind}`);
  return message;
};

describe('a posted message', () => {
  it('a posted message keeps the id and the params as they were written', () => {
    const message = request('{ "jsonrpc":"2.0", "id": "\\u0041", "method":"m", "params": { "b": 1.0, "a":[1, 2] } }');
    expect([message.idText, message.params.text]).toEqual(['"\\u0041"', '{ "b": 1.0, "a":[1, 2] }']);
    expect(paramText(message.params, 'b')).toBe('1.0');
    expect(editParams(message.params, { b: null, c: '1' })).toBe('{"a":[1, 2]}');
    expect(editParams(message.params, { b: '"x"' })).toBe('{"b":"x","a":[1, 2]}');
  });

  it.each(['0', '-7', '9007199254740991', '9007199254740993', '""', '"a b"'])(
    'a posted message takes %s as an id',
    (id) => {
      expect(request(`{"jsonrpc":"2.0","id":${id},"method":"m"}`).idText).toBe(id);
    },
  );

  it.each(['null', '1.0', '1e3', '-0.5', '1'.repeat(1_025), '[]', 'true', `"${'x'.repeat(1_025)}"`, '"\\udc00"'])(
    'a posted message refuses %s as an id',
    (id) => {
      let kind: string;
      try {
        kind = readBody(`{"jsonrpc":"2.0","id":${id},"method":"m"}`).kind;
      } catch (error) {
        kind = (error as { code: string }).code;
      }
      expect(['invalid', 'mcp.malformed_json']).toContain(kind);
    },
  );

  it('a posted message tells notifications, responses and batches apart', () => {
    expect(readBody('{"jsonrpc":"2.0","method":"n"}').kind).toBe('notification');
    expect(readBody('{"jsonrpc":"2.0","id":"a","result":null}')).toEqual({
      kind: 'response',
      id: 'a',
      result: null,
      error: null,
    });
    expect(readBody('{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"}}')).toMatchObject({
      id: '3',
      error: { code: 1 },
    });
    expect(readBody('{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"},"result":1}').kind).toBe('invalid');
    expect(readBody('{"jsonrpc":"2.0","result":1}').kind).toBe('invalid');
    const batch = readBody(' [ {"jsonrpc":"2.0","id":1,"method":"m","params":{"t":"],["}} , 5 ] ');
    expect(batch).toMatchObject({
      kind: 'batch',
      messages: [{ kind: 'request', params: { text: '{"t":"],["}' } }, { kind: 'invalid' }],
    });
  });

  it('a posted message gives back the id of what it refuses, where it could be read', () => {
    expect(readBody('{"jsonrpc":"2.0","id":4,"method":""}')).toMatchObject({ kind: 'invalid', idText: '4' });
    expect(readBody('{"jsonrpc":"2.0","id":4,"method":"m","params":[]}')).toMatchObject({
      kind: 'invalid',
      idText: '4',
    });
  });

  it('a posted message refuses what would cost far more than it weighs', () => {
    const many = (count: number, part: (at: number) => string): string =>
      Array.from({ length: count }, (_, at) => part(at)).join(',');
    const bodies = [
      `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":{${many(150_000, (at) => `"${at}":0`)}}}}`,
      `{"jsonrpc":"2.0","id":1,"method":"m","params":{${many(90_000, (at) => `"${at}":0`)}}}`,
      `{${many(90_000, (at) => `"${at}":0`)}}`,
      '['.repeat(100_000),
    ];
    for (const body of bodies) {
      let refused = false;
      try {
        refused = readBody(body).kind === 'invalid';
      } catch {
        refused = true;
      }
      expect(refused).toBe(true);
    }
  });

  it('a posted message lets surrogate pairs and escaped backslashes pass', () => {
    expect(
      request('{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":"\\ud83d\\ude00 \\\\ud800 \\u00e9"}}').params.value[
        'a'
      ],
    ).toBe('\u{1f600} \\ud800 \u00e9');
    expect(() => readBody('{"a":"\\ud83dx"}')).toThrow(expect.objectContaining({ code: 'mcp.malformed_json' }));
    expect(() => readBody('{"a":"\\ud83d\\u0041"}')).toThrow(expect.objectContaining({ code: 'mcp.malformed_json' }));
  });
});

describe('_meta', () => {
  const meta = (text: string) =>
    readRequestMeta(request(`{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":${text}}}`).params);

  it('_meta passes on what is not the hop\u2019s own', () => {
    const read = meta(
      '{"progressToken": 7,"io.modelcontextprotocol/logLevel":"info","x/y":1,"baggage":"b","traceparent":"t","__proto__":{"a":1}}',
    );
    expect(read).toMatchObject({ progressTokenText: '7', traceparent: 't', passed: { 'x/y': 1 } });
    expect(Object.keys(read.passed ?? {})).toEqual(['x/y']);
  });

  it('_meta refuses a token or a _meta of the wrong type', () => {
    for (const text of ['{"progressToken":true}', '{"progressToken":1.5}', '[]', '"x"']) {
      expect(() => meta(text)).toThrow(expect.objectContaining({ code: 'mcp.params_invalid' }));
    }
  });
});
