import type { Dispatcher } from 'undici';
import { describe, expect, it, vi } from 'vitest';
import { heldBytes } from '#libs/resilience';
import { A2aAnswerReader } from './answer-reader.js';

const given = (bytesMax = 1_000) => {
  const controller = { abort: vi.fn(), pause: vi.fn(), resume: vi.fn() };
  const sink = { received: vi.fn(), ended: vi.fn(), failed: vi.fn(), held: heldBytes.claim('reader') };
  const talk = { bytesMax: 1_000, countMax: 3 };
  const reader = new A2aAnswerReader({ bytesMax, talk, presented: true }, sink);
  const dispatcher = controller as unknown as Dispatcher.DispatchController;
  reader.onRequestStart(dispatcher);
  const answer = (status: number, headers: Record<string, string>, ...chunks: readonly string[]): void => {
    reader.onResponseStart(dispatcher, status, headers);
    for (const chunk of chunks) reader.onResponseData(dispatcher, Buffer.from(chunk));
  };
  return { reader, sink, controller, answer };
};

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const STREAM_TYPE = { 'content-type': 'text/event-stream' };

describe('A2aAnswerReader', () => {
  it('A2aAnswerReader gives one text when the answer is one', () => {
    const { reader, sink, answer } = given();
    answer(200, JSON_TYPE, '{"jsonrpc":', '"2.0"}');
    reader.onResponseEnd();
    expect(sink.received.mock.calls).toEqual([['{"jsonrpc":"2.0"}']]);
    expect(sink.ended).toHaveBeenCalledTimes(1);
  });

  it('A2aAnswerReader gives each event when the answer is a stream', () => {
    const { reader, sink, answer } = given();
    answer(200, STREAM_TYPE, 'data: {"a"', ':1}\n\ndata: 2\n\n');
    reader.onResponseEnd();
    expect(sink.received.mock.calls).toEqual([['{"a":1}'], ['2']]);
    expect(sink.ended).toHaveBeenCalledTimes(1);
  });

  it('A2aAnswerReader tells nothing more when nobody listens any longer', () => {
    const { reader, sink, answer } = given();
    answer(200, STREAM_TYPE, 'data: 1\n\n');
    reader.leave(1_000);
    answer(200, STREAM_TYPE, 'data: 2\n\n');
    reader.onResponseEnd();
    expect(sink.received).toHaveBeenCalledTimes(1);
    expect(sink.ended).not.toHaveBeenCalled();
  });

  it('A2aAnswerReader believes an error of JSON-RPC when it comes with a status of HTTP', () => {
    const { reader, sink, answer } = given();
    answer(400, JSON_TYPE, '{"jsonrpc":"2.0","id":1,"error":{"code":-32009}}');
    reader.onResponseEnd();
    expect(sink.received).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['it is refused', 401, JSON_TYPE, '{"jsonrpc":"2.0","error":{}}', 'upstream.unauthorised'],
    ['it is told to wait', 429, JSON_TYPE, '{}', 'upstream.busy'],
    ['the agent is ill', 503, { 'content-type': 'text/html' }, '<html>', 'upstream.unreachable'],
    ['it is led elsewhere', 307, { location: 'https://b.example/' }, '', 'upstream.invalid_answer'],
    ['it is compressed unasked', 200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, '', 'upstream.invalid_answer'],
    ['it says that it is too long', 200, { ...JSON_TYPE, 'content-length': '1001' }, '', 'upstream.too_large'],
    ['it is too long', 200, JSON_TYPE, ' '.repeat(1_001), 'upstream.too_large'],
    ['an event is too long', 200, STREAM_TYPE, `data: ${'x'.repeat(1_001)}`, 'upstream.too_large'],
    ['there are too many events', 200, STREAM_TYPE, 'data: 1\n\n'.repeat(4), 'upstream.too_large'],
  ])('A2aAnswerReader fails with the reason when %s', (_, status, headers, body, code) => {
    const { reader, sink, answer } = given();
    answer(status, headers as Record<string, string>, body);
    reader.onResponseEnd();
    expect(sink.failed.mock.calls).toEqual([[expect.objectContaining({ code })]]);
  });

  it('A2aAnswerReader says that nothing ran when the request never left', () => {
    const sink = { received: vi.fn(), ended: vi.fn(), failed: vi.fn(), held: heldBytes.claim('reader') };
    const reader = new A2aAnswerReader({ bytesMax: 1, talk: { bytesMax: 1, countMax: 1 }, presented: false }, sink);
    reader.onResponseError({} as never, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    expect(sink.failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'upstream.unreachable', executed: 'no' }));
  });
});
