import { describe, expect, it } from 'vitest';
import { EventStreamReader, type StreamEvent } from './event-stream.js';

const read = (chunks: readonly (string | Buffer)[], eventBytesMax = 10_000) => {
  const events: StreamEvent[] = [];
  const reader = new EventStreamReader((event) => events.push(event), { eventBytesMax });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  return { events, reader };
};

describe('EventStreamReader', () => {
  it.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('EventStreamReader takes %s for a line end', (_name, end) => {
    const { events } = read([['event: note', 'data: one', 'data:two', '', 'data: three', '', ''].join(end)]);

    expect(events).toEqual([
      { event: 'note', data: 'one\ntwo' },
      { event: 'message', data: 'three' },
    ]);
  });

  it('EventStreamReader reads the same whatever the cuts', () => {
    const text = ': hi\r\nid: 7\r\nretry: 250\r\ndata: {"snow":"☃ 𝄞"}\r\n\r\ndata: b\n\ndata: c\r\r';
    const bytes = Buffer.from(text);
    const whole = read([bytes]).events;

    expect(whole.map(({ data }) => data)).toEqual(['{"snow":"☃ 𝄞"}', 'b', 'c']);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read([bytes.subarray(0, cut), bytes.subarray(cut)]).events).toEqual(whole);
    }
    expect(read([...bytes].map((byte) => Buffer.from([byte]))).events).toEqual(whole);
  });

  it('EventStreamReader gives long data as its bytes, whatever the cuts', () => {
    const long = `{"snow":"${'☃'.repeat(20_000)}"}`;
    const bytes = Buffer.from(
      `id: 7\r\ndata: ${long}\r\n\r\ndata:${long}\n\nevent: x\ndata: a\ndata: ${long}\n\nnote: ${long}\n\n`,
    );
    for (const size of [1_000, 65_536, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      const { events, reader } = read(chunks, 200_000);
      expect(events.map(({ data }) => Buffer.isBuffer(data))).toEqual([true, true, false]);
      expect(events.map(({ data }) => data.toString())).toEqual([long, long, `a\n${long}`]);
      expect(reader.lastEventId).toBe('7');
    }
  });

  it('EventStreamReader keeps the id and the retry time, of events without data too', () => {
    const { events, reader } = read(['id: prime\ndata:\n\nretry: 1500\nid: next\n\nretry: soon\n\n']);

    expect(events).toEqual([{ event: 'message', data: '' }]);
    expect(reader.lastEventId).toBe('next');
    expect(reader.retryMs).toBe(1_500);
  });

  it('EventStreamReader skips a byte order mark, comments and fields it does not know', () => {
    const { events } = read(['\uFEFFdata: a\n: ping\nfoo: bar\nbaz\n\n']);

    expect(events).toEqual([{ event: 'message', data: 'a' }]);
  });

  it('EventStreamReader drops an event the stream ends in', () => {
    expect(read(['data: a\n\ndata: unfinished\n']).events).toEqual([{ event: 'message', data: 'a' }]);
  });

  it('EventStreamReader refuses an event over the limit, in one line or in many', () => {
    expect(() => read([`data: ${'x'.repeat(2_000)}`], 1_000)).toThrow('too large');
    expect(() =>
      read(
        Array.from({ length: 200 }, () => 'data: 123456789\n'),
        1_000,
      ),
    ).toThrow('too large');
  });

  it('EventStreamReader lets keep-alive comments come for ever', () => {
    expect(() =>
      read(
        Array.from({ length: 1_000 }, () => ': still here\n'),
        100,
      ),
    ).not.toThrow();
  });

  it('EventStreamReader refuses bytes that are not UTF-8, and takes a replacement character that was meant', () => {
    expect(() => read([Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])])).toThrow('not UTF-8');
    expect(read(['data: \uFFFD\n\n']).events).toEqual([{ event: 'message', data: '\uFFFD' }]);
  });
});
