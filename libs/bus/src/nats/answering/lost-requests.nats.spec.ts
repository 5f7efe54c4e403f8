import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { defineRequest } from '#libs/contracts';
import { type GatewayError, toGatewayError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer } from '../../../../testing/src/nats-server.js';
import { type StallingProxy, startStallingProxy } from '../../../../testing/src/stalling-proxy.js';
import { datedRequest } from '../../../test/dated-request.js';
import { type Bus, connectNats } from '../../index.js';

const Echo = defineRequest<{ n: number; forMs?: number }, { n: number }>('registry', 'echo.return', {
  deadlineMs: 30_000,
});
const logger = createLogger({ service: 'test', level: 'silent' });
const CALL_INTERVAL_MS = 20;
const PATIENCE_MS = 120_000;

const givenServer = async (config?: string): Promise<NatsServer> => {
  const server = await startNatsServer(config === undefined ? {} : { config });
  onTestFinished(() => server.stop());
  return server;
};

const givenProxy = async ({ port }: NatsServer): Promise<StallingProxy> => {
  const proxy = await startStallingProxy({ port, host: '127.0.0.1' });
  onTestFinished(() => proxy.stop());
  return proxy;
};

const join = async ({ port }: { readonly port: number }, name: string): Promise<Bus> => {
  const bus = await connectNats({ servers: `nats://127.0.0.1:${port}`, name, logger });
  onTestFinished(() => bus.drain({ graceMs: 0 }));
  return bus;
};

/** How often each number was worked on, by whomever. */
const givenAnswerers = async (...buses: readonly Bus[]): Promise<Map<number, number>> => {
  const ran = new Map<number, number>();
  for (const bus of buses) {
    bus.answer(Echo, async ({ n, forMs = 0 }) => {
      ran.set(n, (ran.get(n) ?? 0) + 1);
      await sleep(forMs);
      return { n };
    });
  }
  await Promise.all(buses.map((bus) => bus.flush()));
  return ran;
};

/** Takes its turn among the answerers, as one does whose process is gone and whose connection nobody has ended. */
const givenGhost = async (server: NatsServer, group: string): Promise<{ readonly swallowed: number }> => {
  const raw = await connect({ servers: server.url });
  onTestFinished(() => raw.close());
  const ghost = { swallowed: 0 };
  raw.subscribe(Echo.subject, { queue: group, callback: () => void (ghost.swallowed += 1) });
  await raw.flush();
  return ghost;
};

const failureOf = (asking: Promise<unknown>): Promise<GatewayError> =>
  asking.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => toGatewayError(error),
  );

interface Call {
  readonly n: number;
  isAnswered?: true;
  failure?: string;
}

/** Fifty calls a second until told to stop. */
const underLoad = (asker: Bus) => {
  const calls: Call[] = [];
  const open: Promise<void>[] = [];
  const timer = setInterval(() => {
    const call: Call = { n: calls.length };
    calls.push(call);
    open.push(
      asker.ask(Echo, { n: call.n, forMs: call.n % 30 }).then(
        () => void (call.isAnswered = true),
        (error: unknown) => {
          const { code, executed } = toGatewayError(error);
          call.failure = `${code}, executed ${executed}`;
        },
      ),
    );
  }, CALL_INTERVAL_MS);
  return {
    sent: (): number => calls.length,
    /** Once so many in a row have been answered, of those from the `from`-th on. */
    goesWell: (inRow: number, from: number): Promise<boolean> => {
      const isWell = (): boolean => {
        const settled = calls.slice(from).filter(({ isAnswered, failure }) => isAnswered ?? failure);
        return settled.length >= inRow && settled.slice(-inRow).every(({ isAnswered }) => isAnswered);
      };
      return vi.waitUntil(isWell, { timeout: PATIENCE_MS, interval: 20 });
    },
    stop: async (): Promise<readonly Call[]> => {
      clearInterval(timer);
      await Promise.all(open);
      return calls;
    },
  };
};

/** Calls of one asker to two answerers, the far one of which is behind a proxy, for a second. */
const givenLoad = async () => {
  const server = await givenServer();
  const proxy = await givenProxy(server);
  const [asker, near, far] = await Promise.all([
    join(server, 'ingress'),
    join(server, 'registry'),
    join(proxy, 'registry'),
  ]);
  const ran = await givenAnswerers(near, far);
  const wire = { requests: 0 };
  const tap = await connect({ servers: server.url });
  onTestFinished(() => tap.close());
  tap.subscribe(`${Echo.subject}.>`, { callback: () => void (wire.requests += 1) });
  tap.subscribe(Echo.subject, { callback: () => void (wire.requests += 1) });
  await tap.flush();
  const load = underLoad(asker);
  await sleep(1_000);
  return { proxy, far, ran, load, wire };
};

// One after the other: beside each other they would be late for their own promises.
describe('what gets lost between asker and answerer', { timeout: 600_000 }, () => {
  it('calls all run once when the connection of one of two answerers is half open', async () => {
    // One that pings so rarely that the dead connection stays in the group for the whole test.
    const { proxy, far, ran, load, wire } = await givenLoad();

    const takenBefore = proxy.taken;
    proxy.stall();
    await expect.poll(() => proxy.taken > takenBefore && far.connected, { interval: 5 }).toBe(true);
    await sleep(5_000);
    const [sentByThen, onWireByThen] = [load.sent(), wire.requests];
    await load.goesWell(150, sentByThen);
    const calls = await load.stop();

    expect(calls.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect([...ran]).toEqual(expect.arrayContaining(calls.map(({ n }) => [n, 1])));
    // The dead connection still takes its turn, and those that it takes are sent again.
    expect(wire.requests - onWireByThen).toBeGreaterThan(calls.length - sentByThen);
  });

  it('calls all succeed again when an answerer is cut off for good, also while the broker holds on to it', async () => {
    const { proxy, ran, load } = await givenLoad();

    proxy.stall({ forGood: true });
    await sleep(5_000);
    await load.goesWell(150, load.sent());
    const calls = await load.stop();

    // Of those that it may have, nobody can say that it has not begun them.
    const lost = calls.flatMap(({ failure }) => failure ?? []);
    expect(new Set(lost)).toEqual(new Set(['bus.responder_lost, executed unknown']));
    expect([...ran.values()].every((times) => times === 1)).toBe(true);
  });

  it('a request that nobody has begun goes to another when it got lost', async () => {
    const server = await givenServer();
    const [asker, answerer] = await Promise.all([join(server, 'ingress'), join(server, 'registry')]);
    const ran = await givenAnswerers(answerer);
    const ghost = await givenGhost(server, 'registry');

    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const answers = await Promise.all(numbers.map((n) => asker.ask(Echo, { n })));

    expect(answers.map(({ head }) => head.n)).toEqual(numbers);
    expect(ghost.swallowed).toBeGreaterThan(0);
    expect([...ran].sort(([one], [other]) => one - other)).toEqual(numbers.map((n) => [n, 1]));
  });

  it('a request that got lost is sent again also when no request of its asker has been answered before', async () => {
    const server = await givenServer();
    const [asker, answerer] = await Promise.all([join(server, 'ingress'), join(server, 'registry')]);
    const raw = await connect({ servers: server.url });
    onTestFinished(() => raw.close());
    raw.subscribe(Echo.subject, { queue: 'registry', callback: () => {} });
    await raw.flush();
    const asking = asker.ask(Echo, { n: 1 });
    await raw.flush();
    const ran = await givenAnswerers(answerer);

    expect((await asking).head).toEqual({ n: 1 });
    expect([...ran]).toEqual([[1, 1]]);
  });

  it('a request that nobody has begun nor can begin fails, as one that was not executed, long before its deadline', async () => {
    const server = await givenServer();
    const [asker, answerer] = await Promise.all([join(server, 'ingress'), join(server, 'registry')]);
    const { promise: later, resolve: finish } = Promise.withResolvers<void>();
    const ran: number[] = [];
    answerer.answer(Echo, async ({ n }) => {
      ran.push(n);
      if (n === 1) await later;
      return { n };
    });
    await answerer.flush();
    await asker.ask(Echo, { n: 0 });
    const inHand = asker.ask(Echo, { n: 1 }, { timeoutMs: 4 * PATIENCE_MS });
    await expect.poll(() => ran).toContain(1);
    await givenGhost(server, 'registry');
    void answerer.drain({ graceMs: 4 * PATIENCE_MS });
    // By the time this has ended, whatever becomes of it, everybody knows.
    await asker.ask(Echo, { n: 2 }).catch(() => {});

    for (let n = 3; n < 6; n++) {
      // By its deadline it would fail as one that timed out.
      expect(await failureOf(asker.ask(Echo, { n }, { timeoutMs: PATIENCE_MS }))).toMatchObject({
        code: 'bus.responder_lost',
        executed: 'no',
      });
    }

    finish();
    expect((await inHand).head).toEqual({ n: 1 });
    expect(ran.filter((n) => n > 2)).toEqual([]);
  });

  it('an answer is given once more when its asker was reconnecting', async () => {
    const server = await givenServer();
    const proxy = await givenProxy(server);
    const [asker, answerer] = await Promise.all([join(proxy, 'ingress'), join(server, 'registry')]);
    const ran = await givenAnswerers(answerer);
    await asker.ask(Echo, { n: 0 });

    for (let n = 1; n <= 5; n++) {
      const asking = asker.ask(Echo, { n, forMs: 60 });
      await expect.poll(() => ran.get(n), { interval: 2 }).toBe(1);
      proxy.cut();
      expect((await asking).head).toEqual({ n });
      await expect.poll(() => asker.connected).toBe(true);
    }

    expect([...ran.values()].every((times) => times === 1)).toBe(true);
  });

  it('a request of an older version, with the date of its deadline, is answered before that and refused after it', async () => {
    const server = await givenServer();
    const answerer = await join(server, 'registry');
    const ran = await givenAnswerers(answerer);
    const raw = await connect({ servers: server.url });
    onTestFinished(() => raw.close());

    const answered = await raw.request(Echo.subject, datedRequest('{"n":7}', Date.now() + PATIENCE_MS), {
      timeout: PATIENCE_MS,
    });
    const refused = await raw.request(Echo.subject, datedRequest('{"n":8}', Date.now() - 5_000), {
      timeout: PATIENCE_MS,
    });

    expect(answered.string()).toContain('{"n":7}');
    expect(refused.string()).toContain('bus.timed_out');
    expect([...ran]).toEqual([[7, 1]]);
  });
});
