import { describe, expect, it } from 'vitest';
import { bytesOf, inParts, joined, resultInParts } from './text.js';

describe('a message in parts', () => {
  const bytes = Buffer.from('[1,"é"]');

  it('texts are one part where they stand beside each other, and bytes stay the bytes that they are', () => {
    const parts = inParts(['', '{"a":', '', bytes, ',"b":', '2', '}']);
    expect(parts).toEqual(['{"a":', bytes, ',"b":2}']);
    expect((parts as readonly unknown[])[1]).toBe(bytes);
    expect(joined(parts)).toBe('{"a":[1,"é"],"b":2}');
    expect(bytesOf(parts)).toBe(Buffer.byteLength('{"a":[1,"é"],"b":2}'));
  });

  it('a message of texts alone is one text', () => {
    expect(inParts(['{', '"a":1', '}'])).toBe('{"a":1}');
    expect(inParts([])).toBe('');
  });

  it('an answer around a result has no more parts than the result has when those at its ends are texts', () => {
    expect(resultInParts('7', ['{"tools":', bytes, ',"ttlMs":0}'])).toEqual([
      '{"jsonrpc":"2.0","id":7,"result":{"tools":',
      bytes,
      ',"ttlMs":0}}',
    ]);
  });
});
