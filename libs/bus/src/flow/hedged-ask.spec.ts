import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DescribeServer } from '#libs/contracts';
import { fail } from '#libs/errors';
import { LocalBus } from '../local/local-bus.js';
import type { Bus, Handler } from '../port.js';
import { hedgedAsk } from './hedged-ask.js';

const HEDGE_AFTER_MS = 40;
let broker: LocalBus;
let asker: Bus;
let asked: AbortSignal[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  broker = new LocalBus();
  asker = broker.join('ingress');
  asked = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await asker.drain();
});

type Answering = (turn: number) => Promise<unknown>;
const given = (answering: Answering): void => {
  const handler = (_request: unknown, { signal }: { signal: AbortSignal }) => {
    asked.push(signal);
    return answering(asked.length);
  };
  broker.join('registry').answer(DescribeServer, handler as unknown as Handler<typeof DescribeServer>);
};
const never = (): Promise<never> => new Promise(() => {});
const ask = () => hedgedAsk(asker, DescribeServer, { serverId: null }, HEDGE_AFTER_MS);

const isAsked = (times: number): Promise<void> => expect.poll(() => asked.length).toBe(times);

describe('hedgedAsk', () => {
  it('hedgedAsk asks once when an answer comes soon', async () => {
    given(async () => ({ turn: 1 }));
    expect((await ask()).head).toEqual({ turn: 1 });
    await vi.advanceTimersByTimeAsync(2 * HEDGE_AFTER_MS);
    expect(asked).toHaveLength(1);
  });

  it('hedgedAsk asks once more when no answer comes, and cancels the request that is not needed', async () => {
    given(async (turn) => (turn === 1 ? never() : { turn }));
    const asking = ask();
    await isAsked(1);
    await vi.advanceTimersByTimeAsync(HEDGE_AFTER_MS);
    expect((await asking).head).toEqual({ turn: 2 });
    await expect.poll(() => asked.map(({ aborted }) => aborted)).toEqual([true, expect.any(Boolean)]);
    await vi.advanceTimersByTimeAsync(2 * HEDGE_AFTER_MS);
    expect(asked).toHaveLength(2);
  });

  it('hedgedAsk takes the first answer when it belongs to the first request', async () => {
    const { promise: first, resolve: answerFirst } = Promise.withResolvers<void>();
    given((turn) => (turn === 1 ? first.then(() => ({ turn })) : never()));
    const asking = ask();
    await isAsked(1);
    await vi.advanceTimersByTimeAsync(HEDGE_AFTER_MS);
    await isAsked(2);
    answerFirst();
    expect((await asking).head).toEqual({ turn: 1 });
  });

  it('hedgedAsk rejects at once when it is refused', async () => {
    given(async () => Promise.reject(fail('registry.server_unknown')));
    await expect(ask()).rejects.toMatchObject({ code: 'registry.server_unknown' });
    await vi.advanceTimersByTimeAsync(2 * HEDGE_AFTER_MS);
    expect(asked).toHaveLength(1);
  });

  it('hedgedAsk rejects at once when there is nobody to ask', async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'bus.no_responders' });
  });
});
