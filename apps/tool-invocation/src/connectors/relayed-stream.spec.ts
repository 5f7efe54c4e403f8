import { describe, expect, it } from 'vitest';
import type { RelayFrame, RelayedRequest } from '#contracts/tool-invocation/connectors/relay-request.request';
import { CHUNK_BYTES_MAX, type GatewayFrame, MalformedFrame } from '#libs/connector';
import { RelayedStream } from './relayed-stream.js';

const REQUEST: RelayedRequest = { connectionId: 'c', name: 'weather', method: 'POST', query: '', headers: [] };
const HEAD = { type: 'response', id: 1, status: 200, headers: [], ends: false } as const;
const DATA = { type: 'data', id: 1, ends: false } as const;
const CHUNK = Buffer.alloc(CHUNK_BYTES_MAX, 'x');
const WINDOW_CHUNKS = 4;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A request whose asker takes `data` when it is let. */
const givenStream = async (body = '') => {
  const sent: GatewayFrame[] = [];
  const taken: RelayFrame['kind'][] = [];
  const { promise: open, resolve: letIn } = Promise.withResolvers<void>();
  const stream = new RelayedStream(
    1,
    async (frame) => void sent.push(frame),
    async ({ kind }) => {
      if (kind === 'data') await open;
      taken.push(kind);
    },
  );
  const starting = stream.start(REQUEST, body, 1_000).catch(() => {});
  await turn();
  return { stream, sent, taken, letIn, starting };
};

describe('a request over the connection of a connector', () => {
  it('RelayedStream gives no credit while its asker takes nothing, and hangs up on who sends more all the same', async () => {
    const { stream, sent, letIn, taken } = await givenStream();
    stream.receive(HEAD, Buffer.alloc(0));
    for (let chunks = 0; chunks < WINDOW_CHUNKS; chunks++) stream.receive(DATA, CHUNK);
    await turn();
    expect(sent.map(({ type }) => type)).toEqual(['request']);
    expect(() => stream.receive(DATA, CHUNK)).toThrow(MalformedFrame);

    letIn();
    await turn();
    expect(taken).toEqual(['response', 'data', 'data', 'data', 'data']);
    expect(sent.filter(({ type }) => type === 'credit')).toHaveLength(WINDOW_CHUNKS);
  });

  it('RelayedStream sends no more of a body than the connector has room for, until it is given credit', async () => {
    const { stream, sent, starting } = await givenStream('y'.repeat(CHUNK_BYTES_MAX * (WINDOW_CHUNKS + 1)));
    expect(sent).toHaveLength(WINDOW_CHUNKS);
    stream.receive({ type: 'credit', id: 1, bytes: CHUNK_BYTES_MAX }, Buffer.alloc(0));
    await starting;
    expect(sent).toHaveLength(WINDOW_CHUNKS + 1);
    expect(sent.at(-1)).toEqual({ type: 'data', id: 1, ends: true });
  });

  it.each([
    ['no', 'upstream.unreachable', 'no'],
    ['unknown', 'upstream.closed', 'unknown'],
  ] as const)(
    'RelayedStream says what the connector says when it failed with executed %s',
    async (executed, code, told) => {
      const { stream } = await givenStream();
      stream.receive({ type: 'failed', id: 1, executed, reason: 'ECONNREFUSED' }, Buffer.alloc(0));
      await expect(stream.done).rejects.toMatchObject({ code, executed: told });
    },
  );

  it('RelayedStream has an unknown outcome when the connection ends, or a response has begun before it failed', async () => {
    const ended = await givenStream();
    ended.stream.end('gone');
    await expect(ended.stream.done).rejects.toMatchObject({ code: 'upstream.closed', executed: 'unknown' });

    const begun = await givenStream();
    begun.stream.receive(HEAD, Buffer.alloc(0));
    begun.stream.receive({ type: 'failed', id: 1, executed: 'no', reason: 'x' }, Buffer.alloc(0));
    await expect(begun.stream.done).rejects.toMatchObject({ executed: 'unknown' });
  });

  it('RelayedStream refuses bytes when there is no head, and a second head', async () => {
    const { stream } = await givenStream();
    expect(() => stream.receive(DATA, CHUNK)).toThrow(MalformedFrame);
    stream.receive(HEAD, Buffer.alloc(0));
    expect(() => stream.receive(HEAD, Buffer.alloc(0))).toThrow(MalformedFrame);
  });
});
