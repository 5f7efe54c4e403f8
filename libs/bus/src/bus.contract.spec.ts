import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { defineEvent, defineRequest, defineSignal } from '#libs/contracts';
import { GatewayError, fail } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { reachNatsServer } from '../../testing/src/nats-server.js';
import { type Bus, type CallContext, LocalBus, type Message, WithBody, connectNats } from './index.js';

/** What every adapter promises; both pass exactly these tests. */
const Echo = defineRequest<{ text: string; list?: number[] }, { text: string; list?: number[] }>(
  'registry',
  'echo.return',
  {
    deadlineMs: 60_000,
  },
);
const Shared = defineRequest<{ list: readonly [number, number] }, { sum: number }>('registry', 'numbers.add', {
  deadlineMs: 60_000,
  sharesHeads: true,
});
const Count = defineRequest<{ to: number }, { sent: number }, { n: number }>('tool-invocation', 'count.run', {
  deadlineMs: 60_000,
});
const Follow = defineRequest<Record<string, never>, { ended: true }>('tool-invocation', 'thing.follow', {
  deadlineMs: 3_600_000,
});
const Changed = defineEvent<{ revision: number; pad?: string }>('registry', 'thing.changed');
const Poked = defineSignal<{ text: string }>('ingress', 'thing.poked', { reaches: 'all' });
const Handed = defineSignal<{ text: string }>('ingress', 'thing.handed', { reaches: 'instance' });
const Grown = defineSignal<{ text: string }>('ingress', 'thing.grown', { reaches: 'key' });

const MEGABYTE = 1024 * 1024;
const MESSAGE_BYTES_MAX = 8 * MEGABYTE;
const logger = createLogger({ service: 'test', level: 'silent' });

interface Adapter {
  join(name: string): Promise<Bus>;
  stop(): Promise<void>;
}

const adapters: Record<string, () => Promise<Adapter>> = {
  local: async () => {
    const broker = new LocalBus({ maxPayloadBytes: MESSAGE_BYTES_MAX, logger });
    return { join: async (name) => broker.join(name), stop: async () => {} };
  },
  nats: async () => {
    const server = await reachNatsServer();
    return {
      join: (name) => connectNats({ servers: server.url, name, logger, maxPayloadBytes: MESSAGE_BYTES_MAX }),
      stop: () => server.stop(),
    };
  },
};

const failureOf = async (asking: Promise<unknown>): Promise<GatewayError> => {
  const outcome = await asking.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(GatewayError);
  return outcome as GatewayError;
};

const until = (holds: () => boolean): Promise<boolean> => vi.waitUntil(holds, { timeout: 60_000, interval: 5 });

describe.each(Object.keys(adapters))('the bus, %s adapter', (kind) => {
  let adapter: Adapter;
  const joined: Bus[] = [];

  const join = async (name: string): Promise<Bus> => {
    const bus = await adapter.join(name);
    joined.push(bus);
    return bus;
  };
  /** An asker and an answerer that serve `handlers` once everybody can reach them. */
  const givenPair = async (serve: (bus: Bus) => void): Promise<{ asker: Bus; answerer: Bus }> => {
    const [asker, answerer] = await Promise.all([join('ingress'), join('registry')]);
    serve(answerer);
    await answerer.flush();
    return { asker, answerer };
  };

  beforeAll(async () => {
    adapter = await (adapters[kind] as () => Promise<Adapter>)();
  });
  afterEach(async () => {
    await Promise.all(joined.splice(0).map((bus) => bus.drain({ graceMs: 100 })));
  });
  afterAll(() => adapter.stop());

  describe('asking', () => {
    it('an ask brings the answer and the instance that gave it when a handler answers', async () => {
      const { asker, answerer } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => ({ text: `${request.text}!` })),
      );

      const answer = await asker.ask(Echo, { text: 'héllo ✓' });

      expect(answer).toEqual({ head: { text: 'héllo ✓!' }, body: undefined, instance: answerer.instance });
    });

    it('an ask carries bodies unchanged when they are empty or hold any text', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request, call) => new WithBody(request, call.body)),
      );
      const body = '{"a": 1.0, "ü":"\\u0000 𝕏"}';

      expect((await asker.ask(Echo, { text: '' }, { body })).body).toBe(body);
      expect((await asker.ask(Echo, { text: '' }, { body: '' })).body).toBe('');
      expect((await asker.ask(Echo, { text: '' })).body).toBeUndefined();
    });

    it('the body of an answer arrives as the bytes that it was given as, whether it travels in one piece or in many', async () => {
      const bytes = Buffer.from(Array.from({ length: 5 * MEGABYTE + 7 }, (_, at) => (at * 7_919) % 256));
      const { asker } = await givenPair((bus) =>
        bus.answer(Count, async ({ to }, call) => {
          if (to % 2 === 1) await call.send({ n: to }, 'ahead of it');
          return new WithBody({ sent: to }, bytes.subarray(0, to));
        }),
      );
      for (const to of [0, 1, 40_000, 300_001, bytes.length]) {
        const { head, body } = await asker.ask(Count, { to });
        expect(head).toEqual({ sent: to });
        expect(Buffer.isBuffer(body) && body.equals(bytes.subarray(0, to))).toBe(true);
      }
    });

    it('an ask that is kept aside ends no process when it fails before somebody awaits it', async () => {
      const { asker } = await givenPair((bus) => bus.answer(Echo, () => Promise.reject(fail('registry.unknown'))));
      const unhandled: unknown[] = [];
      const note = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', note);
      const kept = [
        asker.ask(Echo, { text: 'refused' }),
        asker.ask(Count, { to: 1 }),
        asker.ask(Echo, { text: 'late' }, { timeoutMs: 0 }),
        asker.ask(Echo, { text: 'left' }, { signal: AbortSignal.abort() }),
        asker.ask(Echo, { text: '' }, { body: 'x'.repeat(MESSAGE_BYTES_MAX + 1) }),
      ];

      await sleep(200);
      process.off('unhandledRejection', note);

      expect(unhandled).toEqual([]);
      const codes = (await Promise.allSettled(kept)).map(
        (outcome) => outcome.status === 'rejected' && (outcome.reason as GatewayError).code,
      );
      expect(codes).toEqual([
        'registry.unknown',
        'bus.no_responders',
        'bus.timed_out',
        'bus.cancelled',
        'bus.too_large',
      ]);
    });

    it('an ask tells the handler its call id, trace and deadline when they are given', async () => {
      let seen: CallContext | undefined;
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request, call) => {
          seen = call;
          return request;
        }),
      );
      const askedAtMs = performance.now();

      await asker.ask(Echo, { text: '' }, { callId: 'call-1', traceparent: '00-aa-bb-01', timeoutMs: 45_678 });

      expect(seen).toMatchObject({ callId: 'call-1', traceparent: '00-aa-bb-01' });
      // Both are in this process. A reading of the clock may differ by a millisecond.
      expect(seen?.deadlineAtMs).toBeGreaterThan(askedAtMs + 45_676);
      expect(seen?.deadlineAtMs).toBeLessThan(performance.now() + 45_680);
    });

    it('an ask gets its own answer when another has the same call id', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => {
          await sleep(request.text === 'slow' ? 50 : 0);
          return request;
        }),
      );

      const answers = await Promise.all(['slow', 'fast'].map((text) => asker.ask(Echo, { text }, { callId: 'same' })));

      expect(answers.map(({ head }) => head.text)).toEqual(['slow', 'fast']);
    });

    it('an ask copies heads when the contract does not share them', async () => {
      const replies: { text: string; list?: number[] }[] = [];
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => {
          request.list?.push(99);
          const reply = { text: 'kept', list: [1] };
          replies.push(reply);
          return reply;
        }),
      );
      const request = { text: 'asked', list: [1, 2] };

      const asking = asker.ask(Echo, request);
      request.text = 'changed after asking';
      const { head } = await asking;
      head.list?.push(3);

      expect(request.list).toEqual([1, 2]);
      expect(replies).toEqual([{ text: 'kept', list: [1] }]);
    });

    it('an ask carries heads like any other when the contract shares them', async () => {
      const { asker } = await givenPair((bus) => {
        bus.answer(Shared, async ({ list }, { body }) => new WithBody({ sum: list[0] + list[1] }, body));
      });
      expect(await asker.ask(Shared, { list: [1, 2] }, { body: 'b' })).toMatchObject({ head: { sum: 3 }, body: 'b' });
      const tooLarge = asker.ask(Shared, { list: [1, 2] }, { body: 'x'.repeat(MESSAGE_BYTES_MAX + 1) });
      expect(await failureOf(tooLarge)).toMatchObject({ code: 'bus.too_large', executed: 'no' });
    });

    it('an ask returns before the handler runs when both are in one process', async () => {
      let ran = false;
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => {
          ran = true;
          return request;
        }),
      );

      const asking = asker.ask(Echo, { text: '' });

      expect(ran).toBe(false);
      await asking;
      expect(ran).toBe(true);
    });
  });

  describe('failures', () => {
    it('a failure reaches the asker with code, message, data and executed when it is named', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async () => {
          throw fail('registry.tool_unknown', {
            message: 'No tool x',
            data: { tool: 'x' },
            executed: 'no',
            cause: 'secret',
          });
        }),
      );

      const error = await failureOf(asker.ask(Echo, { text: '' }));

      expect(error).toMatchObject({
        code: 'registry.tool_unknown',
        message: 'No tool x',
        data: { tool: 'x' },
        executed: 'no',
      });
      expect(error.cause).toBeUndefined();
    });

    it('a failure becomes platform.internal without its text when it has no name', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, () => Promise.reject(new Error('password is hunter2'))),
      );

      const error = await failureOf(asker.ask(Echo, { text: '' }));

      expect(error.code).toBe('platform.internal');
      expect(JSON.stringify(error) + error.message).not.toContain('hunter2');
    });

    it('a failure reaches the asker when it is thrown before the first await', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, () => {
          throw fail('upstream.busy');
        }),
      );

      expect((await failureOf(asker.ask(Echo, { text: '' }))).code).toBe('upstream.busy');
    });

    it('an ask fails at once when nobody answers its contract', async () => {
      const asker = await join('ingress');

      const error = await failureOf(asker.ask(Echo, { text: '' }));

      expect(error).toMatchObject({ code: 'bus.no_responders', executed: 'no' });
    });

    it('an ask fails when JSON cannot hold a head, in either direction', async () => {
      const { asker } = await givenPair((bus) => bus.answer(Echo, async () => 1n as never));
      let deep: unknown = [];
      for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];

      expect(await failureOf(asker.ask(Echo, { text: deep as string }))).toMatchObject({
        code: 'bus.malformed',
        executed: 'no',
      });
      expect(await failureOf(asker.ask(Echo, { text: '' }))).toMatchObject({
        code: 'bus.malformed',
        executed: 'unknown',
      });
    });
  });

  describe('instances', () => {
    it('instances share the work when they have one owner', async () => {
      const asker = await join('ingress');
      const answerers = await Promise.all([1, 2, 3].map(() => join('registry')));
      for (const bus of answerers) bus.answer(Echo, async (request) => request);
      await Promise.all(answerers.map((bus) => bus.flush()));

      const answers = await Promise.all(Array.from({ length: 60 }, () => asker.ask(Echo, { text: '' })));

      const served = Map.groupBy(answers, ({ instance }) => instance);
      expect([...served.keys()].sort()).toEqual(answerers.map((bus) => bus.instance).sort());
      expect([...served.values()].reduce((sum, { length }) => sum + length, 0)).toBe(60);
    });

    it('an instance answers when it is asked by name', async () => {
      const asker = await join('ingress');
      const answerers = await Promise.all([1, 2, 3].map(() => join('registry')));
      for (const bus of answerers) bus.answer(Echo, async (request) => request);
      await Promise.all(answerers.map((bus) => bus.flush()));
      const instance = (answerers[1] as Bus).instance;

      const answers = await Promise.all(Array.from({ length: 9 }, () => asker.ask(Echo, { text: '' }, { instance })));

      expect(new Set(answers.map((answer) => answer.instance))).toEqual(new Set([instance]));
    });

    it('an instance is known to be gone at once when it is asked by name', async () => {
      const { asker } = await givenPair((bus) => bus.answer(Echo, async (request) => request));

      const error = await failureOf(asker.ask(Echo, { text: '' }, { instance: 'nobody' }));

      expect(error).toMatchObject({ code: 'bus.no_responders', executed: 'no' });
    });
  });

  describe('deadlines', () => {
    it('a deadline ends the wait and aborts the handler when it is reached', async () => {
      const signals: AbortSignal[] = [];
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, (_request, call) => {
          signals.push(call.signal);
          return new Promise(() => {});
        }),
      );
      // Longer, where the machine stood still until it was too late to begin.
      for (let timeoutMs = 150; signals.length === 0; timeoutMs *= 2) {
        const startedAtMs = Date.now();
        const error = await failureOf(asker.ask(Echo, { text: '' }, { timeoutMs }));
        expect(error).toMatchObject({ code: 'bus.timed_out', executed: 'unknown' });
        expect(Date.now()).toBeGreaterThanOrEqual(startedAtMs + timeoutMs - 1);
      }
      await until(() => signals.every(({ aborted }) => aborted));
    });

    it('a request is not acted on when its deadline has passed', async () => {
      let ran = 0;
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => {
          ran += 1;
          return request;
        }),
      );

      const asking = asker.ask(Echo, { text: '' }, { timeoutMs: 30 });
      const outcome = failureOf(asking);
      const blockedUntilMs = Date.now() + 60;
      while (Date.now() < blockedUntilMs); // the request cannot be received before it has expired

      expect((await outcome).code).toBe('bus.timed_out');
      await asker.flush();
      await sleep(30);
      expect(ran).toBe(0);
      expect(await failureOf(asker.ask(Echo, { text: '' }, { timeoutMs: 0 }))).toMatchObject({
        code: 'bus.timed_out',
        executed: 'no',
      });
    });
  });

  describe('cancelling', () => {
    it('a cancellation reaches the handler when it is at work', async () => {
      const signals: AbortSignal[] = [];
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, (_request, call) => {
          signals.push(call.signal);
          return new Promise(() => {});
        }),
      );
      const abort = new AbortController();
      const outcome = failureOf(asker.ask(Echo, { text: '' }, { signal: abort.signal }));
      const other = asker.ask(Echo, { text: '' });
      other.catch(() => {});
      await until(() => signals.length === 2);

      abort.abort();

      expect(await outcome).toMatchObject({ code: 'bus.cancelled', executed: 'unknown' });
      await until(() => signals.some(({ aborted }) => aborted));
      expect(signals.filter(({ aborted }) => aborted)).toHaveLength(1);
    });

    it('a cancellation is not lost when it follows the ask at once', async () => {
      const contexts: CallContext[] = [];
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, (_request, call) => {
          contexts.push(call);
          return new Promise(() => {});
        }),
      );
      const abort = new AbortController();
      const outcome = failureOf(asker.ask(Echo, { text: '' }, { signal: abort.signal }));

      abort.abort();

      expect((await outcome).code).toBe('bus.cancelled');
      await asker.flush();
      await sleep(50);
      // Either it never began, or it knows.
      expect(contexts.every((call) => call.signal.aborted)).toBe(true);
    });

    it('an ask sends nothing when it is cancelled before', async () => {
      const { asker } = await givenPair((bus) => bus.answer(Echo, async (request) => request));

      const error = await failureOf(asker.ask(Echo, { text: '' }, { signal: AbortSignal.abort() }));

      expect(error).toMatchObject({ code: 'bus.cancelled', executed: 'no' });
    });
  });

  describe('frames', () => {
    const counting = (bus: Bus, sent: { n: number } = { n: 0 }): void => {
      bus.answer(Count, async ({ to }, call) => {
        for (let n = 1; n <= to; n += 1) {
          await call.send({ n }, `body ${n}`);
          sent.n = n;
        }
        return { sent: to };
      });
    };

    it('frames arrive in order and before the answer when several are sent', async () => {
      const { asker } = await givenPair(counting);
      const frames: Message<{ n: number }>[] = [];

      const { head } = await asker.ask(Count, { to: 500 }, { onFrame: (frame) => void frames.push(frame) });

      expect(head).toEqual({ sent: 500 });
      expect(frames.map(({ head: { n } }) => n)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1));
      expect(frames[41]?.body).toBe('body 42');
    });

    it('frames do not hold up the answer when nobody takes them', async () => {
      const { asker } = await givenPair(counting);

      expect((await asker.ask(Count, { to: 200 })).head).toEqual({ sent: 200 });
    });

    it('frames wait when the asker is slow to take them', async () => {
      const sent = { n: 0 };
      const { asker } = await givenPair((bus) => counting(bus, sent));
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      let taken = 0;
      const asking = asker.ask(
        Count,
        { to: 1_000 },
        {
          onFrame: async () => {
            await gate;
            taken += 1;
          },
        },
      );

      await until(() => sent.n > 0);
      await sleep(300);
      expect(sent.n).toBeLessThanOrEqual(33);
      expect(taken).toBe(0);

      open();
      expect((await asking).head).toEqual({ sent: 1_000 });
      expect(taken).toBe(1_000);
    });

    it('frames are taken one after the other when taking is asynchronous', async () => {
      const { asker } = await givenPair(counting);
      let atOnce = 0;
      let atOnceMax = 0;

      await asker.ask(
        Count,
        { to: 50 },
        {
          onFrame: async () => {
            atOnce += 1;
            atOnceMax = Math.max(atOnceMax, atOnce);
            await sleep(1);
            atOnce -= 1;
          },
        },
      );

      expect(atOnceMax).toBe(1);
    });

    it('frames come before the answer or the failure when they are sent without waiting', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Count, async ({ to }, call) => {
          for (let n = 1; n <= Math.abs(to); n += 1) void call.send({ n });
          if (to < 0) throw fail('upstream.closed');
          return { sent: to };
        }),
      );
      const seen: number[] = [];
      const onFrame = async ({ head }: Message<{ n: number }>): Promise<void> => {
        await sleep(1);
        seen.push(head.n);
      };

      await asker.ask(Count, { to: 100 }, { onFrame });
      expect(seen).toHaveLength(100);
      expect((await failureOf(asker.ask(Count, { to: -5 }, { onFrame }))).code).toBe('upstream.closed');
      expect(seen).toHaveLength(105);
    });

    it('frames end the call on both sides when the asker cannot take them', async () => {
      let signal: AbortSignal | undefined;
      let refused: unknown;
      const { asker } = await givenPair((bus) =>
        bus.answer(Count, async ({ to }, call) => {
          signal = call.signal;
          try {
            for (let n = 1; ; n += 1) await call.send({ n });
          } catch (error) {
            refused = error;
            return { sent: to };
          }
        }),
      );

      const asking = asker.ask(
        Count,
        { to: 1 },
        {
          onFrame: () => {
            throw fail('http.overloaded');
          },
        },
      );

      expect((await failureOf(asking)).code).toBe('http.overloaded');
      await until(() => signal?.aborted === true && refused !== undefined);
      expect(refused).toMatchObject({ code: 'bus.cancelled' });
    });
  });

  it('frames are not delivered, and their sender does not crash, when the ask has ended', async () => {
    let signal: AbortSignal | undefined;
    const { asker } = await givenPair((bus) =>
      bus.answer(Count, async ({ to }, call) => {
        signal = call.signal;
        for (let n = 1; n <= 100; n += 1) void call.send({ n });
        await sleep(100);
        void call.send({ n: 101 });
        void call.send({ n: 1n as never });
        return { sent: to };
      }),
    );
    const abort = new AbortController();
    const seen: number[] = [];
    const outcome = failureOf(
      asker.ask(
        Count,
        { to: 1 },
        {
          signal: abort.signal,
          onFrame: async ({ head }) => {
            seen.push(head.n);
            if (head.n === 3) abort.abort();
            await sleep(1);
          },
        },
      ),
    );

    expect((await outcome).code).toBe('bus.cancelled');
    await until(() => signal?.aborted === true);
    await sleep(150);
    expect(seen).toEqual([1, 2, 3]);
  });

  describe('size', () => {
    it('messages of 5 MB are carried each way, frames included, when the limit is higher', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Count, async ({ to }, call) => {
          await call.send({ n: to }, call.body);
          await call.send({ n: to + 1 }, 'small');
          return new WithBody({ sent: to }, `${call.body}.`);
        }),
      );
      const body = 'ü✓x'.repeat((5 * MEGABYTE) / 6);
      const frames: Message<{ n: number }>[] = [];

      const answer = await asker.ask(Count, { to: 1 }, { body, onFrame: (frame) => void frames.push(frame) });

      expect(answer.body === `${body}.`).toBe(true);
      expect(frames.map((frame) => frame.head.n)).toEqual([1, 2]);
      expect(frames[0]?.body === body).toBe(true);
    });

    it('the size of a head counts like that of a body when a message is large', async () => {
      const { asker } = await givenPair((bus) => bus.answer(Echo, async (request) => request));
      const text = 'x'.repeat(3 * MEGABYTE);

      const { head } = await asker.ask(Echo, { text });

      expect(head.text === text).toBe(true);
    });

    it('a request is refused to the asker at once when it is beyond the limit', async () => {
      let ran = false;
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => {
          ran = true;
          return request;
        }),
      );

      const error = await failureOf(asker.ask(Echo, { text: '' }, { body: 'x'.repeat(MESSAGE_BYTES_MAX + 1) }));

      expect(error).toMatchObject({ code: 'bus.too_large', executed: 'no' });
      expect(ran).toBe(false);
    });

    it('the asker learns at once that an answer is too large when it is beyond the limit', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => new WithBody(request, 'x'.repeat(MESSAGE_BYTES_MAX + 1))),
      );
      const error = await failureOf(asker.ask(Echo, { text: '' }));

      expect(error).toMatchObject({ code: 'bus.too_large', executed: 'unknown' });
    });

    it('the asker learns at once that the bytes of an answer are beyond the limit', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Echo, async (request) => new WithBody(request, Buffer.alloc(MESSAGE_BYTES_MAX))),
      );
      expect(await failureOf(asker.ask(Echo, { text: '' }))).toMatchObject({ code: 'bus.too_large' });
    });

    it('a frame is refused to its sender when it is beyond the limit', async () => {
      const { asker } = await givenPair((bus) =>
        bus.answer(Count, async ({ to }, call) => {
          await call.send({ n: 1 }, 'x'.repeat(MESSAGE_BYTES_MAX + 1));
          return { sent: to };
        }),
      );

      expect((await failureOf(asker.ask(Count, { to: 1 }))).code).toBe('bus.too_large');
    });
  });

  describe('events', () => {
    it('an event reaches every subscriber, and one of each group, when it is published', async () => {
      const [publisher, ...subscribers] = await Promise.all(['registry', 'ingress', 'ingress', 'auth'].map(join));
      const heard = { all: 0, cache: 0, other: 0 };
      for (const bus of subscribers) {
        bus.subscribe(Changed, () => void (heard.all += 1));
        bus.subscribe(Changed, () => void (heard.cache += 1), { group: 'cache' });
        bus.subscribe(Changed, () => void (heard.other += 1), { group: 'other' });
      }
      await Promise.all(subscribers.map((bus) => bus.flush()));

      for (let revision = 1; revision <= 10; revision += 1) publisher?.publish(Changed, { revision });

      await until(() => heard.all === 30 && heard.cache === 10 && heard.other === 10);
      await sleep(50);
      expect(heard).toEqual({ all: 30, cache: 10, other: 10 });
    });

    it('an event reaches the other subscribers when one of them throws', async () => {
      const [publisher, subscriber] = (await Promise.all(['registry', 'ingress'].map(join))) as [Bus, Bus];
      const heard: number[] = [];
      subscriber.subscribe(Changed, ({ revision }) => {
        heard.push(revision);
        if (revision === 1) throw new Error('no');
        return Promise.reject(new Error('no'));
      });
      await subscriber.flush();

      for (const revision of [1, 2, 3]) publisher.publish(Changed, { revision });

      await until(() => heard.length === 3);
      expect(heard).toEqual([1, 2, 3]);
    });

    it('an event is carried when it is large, and refused when it is beyond the limit', async () => {
      const [publisher, subscriber] = (await Promise.all(['registry', 'ingress'].map(join))) as [Bus, Bus];
      const heard: number[] = [];
      subscriber.subscribe(Changed, ({ pad }) => void heard.push(pad?.length ?? 0), { group: 'cache' });
      await subscriber.flush();

      publisher.publish(Changed, { revision: 1, pad: 'x'.repeat(3 * MEGABYTE) });

      await until(() => heard.length === 1);
      expect(heard).toEqual([3 * MEGABYTE]);
      expect(() => publisher.publish(Changed, { revision: 1, pad: 'x'.repeat(MESSAGE_BYTES_MAX) })).toThrow(
        expect.objectContaining({ code: 'bus.too_large' }),
      );
    });

    it('an event reaches a subscriber no longer when its subscription is closed', async () => {
      const [publisher, subscriber] = (await Promise.all(['registry', 'ingress'].map(join))) as [Bus, Bus];
      let heard = 0;
      const subscription = subscriber.subscribe(Changed, () => void (heard += 1));
      await subscriber.flush();
      publisher.publish(Changed, { revision: 1 });
      await until(() => heard === 1);

      subscription.close();
      await subscriber.flush();
      publisher.publish(Changed, { revision: 2 });
      await publisher.flush();
      await sleep(50);

      expect(heard).toBe(1);
    });
  });

  it('a signal reaches every instance, the one it is addressed to, or a key, when its contract says so', async () => {
    const buses = (await Promise.all(['ingress', 'ingress', 'ingress'].map(join))) as [Bus, Bus, Bus];
    const got: string[] = [];
    buses.forEach((bus, at) => {
      bus.subscribe(Poked, ({ text }) => void got.push(`${at} poked ${text}`));
      bus.subscribe(Handed, ({ text }) => void got.push(`${at} handed ${text}`));
      bus.subscribe(Grown, ({ text }) => void got.push(`${at} grown ${text}`), { key: at === 0 ? 'odd' : 'even' });
    });
    await Promise.all(buses.map((bus) => bus.flush()));

    buses[0].signal(Grown, { text: 'nobody' }, 'neither');
    buses[0].signal(Poked, { text: 'a' });
    buses[0].signal(Handed, { text: 'b' }, buses[1].instance);
    buses[0].signal(Grown, { text: 'c' }, 'even');

    await until(() => got.length === 6);
    expect(got.sort()).toEqual(['0 poked a', '1 grown c', '1 handed b', '1 poked a', '2 grown c', '2 poked a']);
  });

  it('a signal does not compile when its payload or address differs from its contract', async () => {
    const bus = await join('ingress');
    // @ts-expect-error -- a number is no text
    bus.signal(Poked, { text: 1 });
    // @ts-expect-error -- it reaches all
    bus.signal(Poked, { text: 'a' }, 'key');
    // @ts-expect-error -- whom?
    expect(() => bus.signal(Handed, { text: 'a' })).toThrow(expect.objectContaining({ code: 'bus.malformed' }));
    // @ts-expect-error -- which key?
    expect(() => bus.subscribe(Grown, () => {})).toThrow(expect.objectContaining({ code: 'bus.malformed' }));
  });

  it('an address is refused when it would reach others than meant', async () => {
    const { asker } = await givenPair((bus) => bus.answer(Echo, async (request) => request));

    for (const id of ['*', '>', 'a b', '', 'a\r\nPUB x 0']) {
      expect(() => asker.signal(Handed, { text: '' }, id)).toThrow(expect.objectContaining({ code: 'bus.malformed' }));
      expect((await failureOf(asker.ask(Echo, { text: '' }, { instance: id }))).code).toBe('bus.no_responders');
    }
  });

  describe('draining', () => {
    it('draining finishes what is in hand and takes no more when calls are at work', async () => {
      let begun = 0;
      const { promise: later, resolve: finish } = Promise.withResolvers<void>();
      const { asker, answerer } = await givenPair((bus) =>
        bus.answer(Count, async ({ to }, call) => {
          begun += 1;
          if (to === 7) await later;
          await call.send({ n: to });
          return { sent: to };
        }),
      );
      let frames = 0;
      const inHand = asker.ask(Count, { to: 7 }, { onFrame: () => void (frames += 1) });
      await until(() => begun === 1);

      const draining = answerer.drain();
      const next = () => asker.ask(Count, { to: 8 }).catch((error: unknown) => error);
      await expect.poll(next).toMatchObject({ code: 'bus.no_responders' });
      finish();
      expect((await inHand).head).toEqual({ sent: 7 });
      await draining;
      expect(frames).toBe(1);
      expect(answerer.connected).toBe(false);
      expect(await failureOf(answerer.ask(Count, { to: 9 }))).toMatchObject({
        code: 'bus.disconnected',
        executed: 'no',
      });
    });

    it('draining lets a handler ask others when it is not finished', async () => {
      const [asker, middle, last] = (await Promise.all(['ingress', 'tool-invocation', 'registry'].map(join))) as [
        Bus,
        Bus,
        Bus,
      ];
      last.answer(Echo, async (request) => request);
      const begun = Promise.withResolvers<void>();
      const { promise: later, resolve: goOn } = Promise.withResolvers<void>();
      middle.answer(Count, async ({ to }) => {
        begun.resolve();
        await later;
        await middle.ask(Echo, { text: '' });
        return { sent: to };
      });
      await Promise.all([middle.flush(), last.flush()]);
      const asking = asker.ask(Count, { to: 1 });
      await begun.promise;

      const draining = middle.drain();
      goOn();
      await draining;

      expect((await asking).head).toEqual({ sent: 1 });
    });

    it('draining ends a call at once and tells its asker when it would go on for hours', async () => {
      let signal: AbortSignal | undefined;
      const { asker, answerer } = await givenPair((bus) =>
        bus.answer(Follow, (_request, call) => {
          signal = call.signal;
          return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve({ ended: true })));
        }),
      );
      const outcome = failureOf(asker.ask(Follow, {}));
      await until(() => signal !== undefined);

      await answerer.drain();

      expect(signal?.aborted).toBe(true);
      expect(await outcome).toMatchObject({ code: 'bus.responder_lost', executed: 'unknown' });
    });
  });

  it('a call stays alive when it is silent for long', async () => {
    const { asker } = await givenPair((bus) =>
      bus.answer(Count, async ({ to }) => {
        await sleep(7_500);
        return { sent: to };
      }),
    );

    expect((await asker.ask(Count, { to: 1 })).head).toEqual({ sent: 1 });
  });
});
