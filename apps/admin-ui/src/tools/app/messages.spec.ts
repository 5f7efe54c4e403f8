import { describe, expect, it } from 'vitest';
import { linkOf, readMessage } from './messages.ts';

const cyclic: Record<string, unknown> = { jsonrpc: '2.0', id: 1, method: 'ping' };
cyclic['params'] = cyclic;

describe('readMessage', () => {
  it('readMessage reads requests, notifications and answers when they are JSON-RPC', () => {
    expect(readMessage({ jsonrpc: '2.0', id: 1, method: 'ping' })).toEqual({
      kind: 'request',
      id: 1,
      method: 'ping',
      params: {},
    });
    expect(readMessage({ jsonrpc: '2.0', method: 'x', params: { a: 1 } })).toMatchObject({ kind: 'notification' });
    expect(readMessage({ jsonrpc: '2.0', id: 'a', result: {} })).toEqual({ kind: 'answer', id: 'a' });
  });

  it.each([
    null,
    'text',
    [],
    {},
    { id: 1, method: 'ping' },
    { jsonrpc: '2.0', id: {}, method: 'ping' },
    { jsonrpc: '2.0', id: 1, method: 7 },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: [] },
    { jsonrpc: '2.0', id: 1 },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: { long: 'a'.repeat(1_000_001) } },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: { big: 1n } },
    cyclic,
  ])('readMessage takes nothing when %# is posted', (posted) => {
    expect(readMessage(posted)).toBeNull();
  });
});

describe('linkOf', () => {
  it('linkOf gives the address when it is one of the web', () => {
    expect(linkOf({ url: 'https://example.org/a?b' })).toBe('https://example.org/a?b');
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://a@b.example', 'no', 7, undefined])(
    'linkOf refuses when the address is %s',
    (url) => {
      expect(() => linkOf({ url })).toThrow('Only an http or https address');
    },
  );
});
