import { describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES_MAX,
  type ConnectorFrame,
  type GatewayFrame,
  MalformedFrame,
  decodeConnectorFrame,
  decodeGatewayFrame,
  encodeConnectorFrame,
  encodeGatewayFrame,
} from './frames.js';

const REQUEST: GatewayFrame = {
  type: 'request',
  id: 7,
  name: 'build-db',
  method: 'POST',
  query: '',
  headers: ['accept', 'text/event-stream'],
  timeLeftMs: 1_500,
  ends: false,
};
const RESPONSE: ConnectorFrame = { type: 'response', id: 7, status: 200, headers: [], ends: true };
const frameOf = (frame: object, bytes = ''): Buffer => Buffer.from(`${JSON.stringify(frame)}\n${bytes}`);

describe('frames between a gateway and a connector', () => {
  it('frames are read as they were written when they carry line feeds and bytes that are no text', () => {
    const bytes = Buffer.from([0x0a, 0xff, 0x00, 0x0a]);
    expect(decodeGatewayFrame(encodeGatewayFrame(REQUEST, bytes))).toEqual({ frame: REQUEST, bytes });
    expect(decodeConnectorFrame(encodeConnectorFrame(RESPONSE, bytes))).toEqual({ frame: RESPONSE, bytes });
  });

  it.each<[string, Buffer]>([
    ['has no head', Buffer.from('{"type":"leave"}')],
    ['is not JSON', Buffer.from('{"type":\n')],
    ['is null', Buffer.from('null\n')],
    ['is of another direction', frameOf(REQUEST)],
    ['is of a type that objects have by birth', frameOf({ type: 'constructor' })],
    ['has no id', frameOf({ type: 'data', ends: true })],
    ['has an id that is no number', frameOf({ type: 'data', id: '1', ends: true })],
    ['has the id 0', frameOf({ type: 'data', id: 0, ends: true })],
    ['has a status that is none', frameOf({ ...RESPONSE, status: 99 })],
    ['gives no credit', frameOf({ type: 'credit', id: 1, bytes: 0 })],
    ['gives credit that is no whole number', frameOf({ type: 'credit', id: 1, bytes: 1.5 })],
    ['has a header without a value', frameOf({ ...RESPONSE, headers: ['a'] })],
    ['has a header with a line end in it', frameOf({ ...RESPONSE, headers: ['a', 'b\r\nc: d'] })],
    ['has a header with a name that is none', frameOf({ ...RESPONSE, headers: ['a b', 'c'] })],
    ['has more headers than any response', frameOf({ ...RESPONSE, headers: Array.from({ length: 402 }, () => 'a') })],
    ['has more bytes than a frame may', frameOf(RESPONSE, 'x'.repeat(CHUNK_BYTES_MAX + 1))],
    [
      'says that something else than no or unknown was executed',
      frameOf({ type: 'failed', id: 1, executed: 'yes', reason: '' }),
    ],
  ])('decodeConnectorFrame refuses a message when it %s', (_what, message) => {
    expect(() => decodeConnectorFrame(message)).toThrow(MalformedFrame);
  });

  it.each<[string, Partial<Extract<ConnectorFrame, { type: 'response' }>>]>([
    ['has a status that is none', { status: 999 }],
    ['has more headers than any', { headers: Array.from({ length: 402 }, () => 'a') }],
    ['has a header that is too long', { headers: ['a', 'x'.repeat(40_000)] }],
    [
      'has headers that are too long together',
      { headers: ['a', 'b', 'c'].flatMap((name) => [name, 'x'.repeat(30_000)]) },
    ],
    ['has headers that grow too long as JSON', { headers: ['a', '"'.repeat(32_768)] }],
  ])('encodeConnectorFrame refuses a response when it %s', (_what, odd) => {
    expect(() => encodeConnectorFrame({ ...RESPONSE, ...odd } as ConnectorFrame)).toThrow(MalformedFrame);
  });

  it('encodeGatewayFrame refuses a request when a header of it is too long', () => {
    const headers = ['mcp-param-text', 'x'.repeat(40_000)];
    expect(() => encodeGatewayFrame({ ...REQUEST, headers })).toThrow(MalformedFrame);
  });

  it('decodeGatewayFrame refuses a request when its method is not one of MCP', () => {
    expect(() => decodeGatewayFrame(frameOf({ ...REQUEST, method: 'CONNECT' }))).toThrow(MalformedFrame);
  });
});
