import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type LiveBatch, type LiveStatus, LiveStream } from './live-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A gateway whose streams the test writes, and a page that notes what it is told. */
const given = () => {
  const pipes: ReadableStreamDefaultController<Uint8Array>[] = [];
  const signals: AbortSignal[] = [];
  const refusals: unknown[] = [];
  const batches: LiveBatch<{ id: string }>[] = [];
  const states: LiveStatus[] = [];
  const resumed: number[] = [];
  const unknown = vi.fn();
  const page = { isHidden: false };
  const stream = new LiveStream<{ id: string }>(
    {
      open: async (signal) => {
        signals.push(signal);
        const refusal = refusals.shift();
        if (refusal instanceof Promise)
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
        if (refusal !== undefined) throw refusal;
        return new ReadableStream({ start: (pipe) => void pipes.push(pipe) });
      },
      isHidden: () => page.isHidden,
    },
    {
      batch: (batch) => batches.push(batch),
      status: (status) => states.push(status),
      resumed: (sinceMs) => resumed.push(sinceMs),
      unknown,
    },
  );
  const say = async (...events: string[]): Promise<void> => {
    for (const event of events) pipes.at(-1)?.enqueue(new TextEncoder().encode(`${event}\n\n`));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { stream, pipes, signals, refusals, batches, states, resumed, unknown, page, say };
};
const call = (id: string): string => `event: call\ndata: {"id":"${id}"}`;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

it('a live stream tells what comes within a tenth of a second at once when much happens', async () => {
  const { stream, batches, say } = given();
  stream.look(true);
  await settle();
  for (let each = 0; each < 40; each++) {
    await say(call(`${each}`));
    await vi.advanceTimersByTimeAsync(25);
  }
  await say('event: missed\ndata: {"count":3}', 'event: state\ndata: {"topics":["gateways"]}');
  await vi.advanceTimersByTimeAsync(100);
  expect(batches.length).toBeLessThanOrEqual(11);
  expect(batches.flatMap(({ calls }) => calls)).toHaveLength(40);
  expect(batches.at(-1)).toMatchObject({ missed: 3, topics: new Set(['gateways']) });
});

it('a live stream is opened again, later each time, and says since when nothing was heard when it breaks', async () => {
  const { stream, pipes, refusals, states, resumed, say } = given();
  stream.look(true);
  await settle();
  await say(call('a'));
  const heardAtMs = Date.now();
  refusals.push(new Error('away'), new Error('away'));
  await vi.advanceTimersByTimeAsync(5_000);
  pipes[0]?.close();
  await settle();
  expect(states.at(-1)).toMatchObject({ kind: 'lost', lastGoodAtMs: heardAtMs });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(states.map(({ kind }) => kind).join(' ')).toBe('opening live lost lost lost lost lost lost live');
  expect(resumed).toEqual([heardAtMs]);
});

it('a live stream is closed while the page is hidden, and goes on from there when it is seen', async () => {
  const { stream, signals, states, resumed, page, say } = given();
  stream.look(true);
  await settle();
  await say(call('a'));
  const heardAtMs = Date.now();
  page.isHidden = true;
  stream.look();
  await vi.advanceTimersByTimeAsync(600_000);
  expect([signals.length, signals[0]?.aborted, states.at(-1)?.kind]).toEqual([1, true, 'off']);
  page.isHidden = false;
  stream.look();
  await settle();
  expect([signals.length, states.at(-1)?.kind, resumed]).toEqual([2, 'live', [heardAtMs]]);
});

it('a live stream is taken for broken when it is silent for longer than the gateway ever is', async () => {
  const { stream, signals, say } = given();
  stream.look(true);
  await settle();
  for (let times = 0; times < 8; times++) {
    await say(':');
    await vi.advanceTimersByTimeAsync(15_000);
  }
  expect(signals).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(signals.length).toBeGreaterThan(1);
});

it('a live stream says who is unknown and asks no more when the session has ended', async () => {
  const { stream, signals, refusals, unknown, states } = given();
  refusals.push(Object.assign(new Error('no session'), { status: 401 }));
  stream.look(true);
  await vi.advanceTimersByTimeAsync(600_000);
  expect([signals.length, unknown.mock.calls.length, states.at(-1)?.kind]).toEqual([1, 1, 'off']);
  refusals.push(Object.assign(new Error('too many'), { status: 429 }));
  stream.look(true);
  await settle();
  expect(states.at(-1)?.kind).toBe('refused');
});

it('a live stream is tried again when nobody answers', async () => {
  const { stream, signals, refusals, states } = given();
  refusals.push(new Promise(() => undefined));
  stream.look(true);
  await vi.advanceTimersByTimeAsync(14_000);
  expect(states.at(-1)?.kind).toBe('opening');
  await vi.advanceTimersByTimeAsync(10_000);
  expect([signals.length, states.at(-1)?.kind]).toEqual([2, 'live']);
});
