import { expect, it } from 'vitest';
import { type ClientRequest, readBody } from '#libs/mcp';
import { asToolCall } from './tool-method.js';

const read = (message: object | string): ClientRequest =>
  readBody(
    typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  ) as ClientRequest;

it('a method is the call of a tool when MCP has no such method', () => {
  const call = asToolCall(read({ method: 'convert_time', params: { time: '09:00' } })) as ClientRequest;
  expect(call).toMatchObject({ kind: 'request', idText: '1', method: 'tools/call' });
  expect(call.params.value).toEqual({ name: 'convert_time', arguments: { time: '09:00' } });
  const bare = asToolCall(read({ method: 'a"b' })) as ClientRequest;
  expect(bare.params.value).toEqual({ name: 'a"b', arguments: {} });
});

it('the call of a tool by method keeps id and numbers digit by digit', () => {
  const text = '{"jsonrpc":"2.0","id":9007199254740993,"method":"count","params":{"n":12345678901234567890.10}}';
  const call = asToolCall(read(text)) as ClientRequest;
  expect(call.idText).toBe('9007199254740993');
  expect(call.params.text).toBe('{"name":"count","arguments":{"n":12345678901234567890.10}}');
});

it.each(['tools/list', 'tools/unknown', 'ping', 'initialize'])('%s stays what it is', (method) => {
  const request = read({ method });
  expect(asToolCall(request)).toBe(request);
});
