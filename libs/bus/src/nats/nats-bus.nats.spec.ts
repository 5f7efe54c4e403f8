import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, Socket, createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { type TestContext, describe, expect, it, vi } from 'vitest';
import { defineEvent, defineRequest } from '#libs/contracts';
import { GatewayError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer } from '../../../testing/src/nats-server.js';
import { datedRequest } from '../../test/dated-request.js';
import { startProcess } from '../../test/start-process.js';
import { Work } from '../../test/work.request.js';
import { type Bus, type NatsOptions, WithBody, connectNats } from '../index.js';
import { NatsBus } from './nats-bus.js';
import { FAILURE, REPLY, encodeRequest, encodeUnit } from './wire.js';

/** What only a real broker can do to us: die, freeze, come late, and carry what others put on it. */
const Echo = defineRequest<{ text: string }, { text: string }, { n: number }>('registry', 'echo.return', {
  deadlineMs: 30_000,
});
const Changed = defineEvent<{ revision: number }>('registry', 'thing.changed');
const logger = createLogger({ service: 'test', level: 'silent' });
const ASKED = 20;
const ONE_OF_MANY = 'one of many';

type Test = Pick<TestContext, 'onTestFinished'>;

const givenServer = async ({ onTestFinished }: Test, config?: string): Promise<NatsServer> => {
  const server = await startNatsServer(config === undefined ? {} : { config });
  onTestFinished(() => server.stop());
  return server;
};

const join = async (
  { onTestFinished }: Test,
  server: { readonly url: string },
  name: string,
  options: Partial<NatsOptions> = {},
): Promise<Bus> => {
  const bus = await connectNats({ servers: server.url, name, logger, ...options });
  onTestFinished(() => bus.drain({ graceMs: 0 }));
  return bus;
};

const givenProcess = async (
  { onTestFinished }: Test,
  script: 'asker' | 'responder',
  server: NatsServer,
): Promise<ChildProcess> => {
  const child = startProcess(script, server.url);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};

/** A way to the broker that can break in the ways a network does; `mode` says how it is just now. */
interface Line {
  readonly url: string;
  /** `silent`: what is sent is swallowed. `refusing`: new connections fail. */
  mode: 'open' | 'silent' | 'refusing';
  /** The connections there are take nothing any more and stay open; new ones work. */
  jam(): void;
}

const givenLine = async ({ onTestFinished }: Test, server: NatsServer): Promise<Line> => {
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    if (line.mode === 'refusing') {
      near.destroy();
      return;
    }
    const far = createConnection(server.port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => [near, far].map((end) => end.destroy()));
    }
    near.on('data', (bytes) => line.mode === 'silent' || far.write(bytes));
    far.on('data', (bytes) => line.mode === 'silent' || near.write(bytes));
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const line: Line = {
    url: `nats://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    mode: 'open',
    jam: () => {
      for (const socket of sockets) socket.pause();
    },
  };
  return line;
};

const says = async (child: ChildProcess, word: string): Promise<void> => {
  const [chunk] = (await once(child.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  expect(chunk.toString()).toContain(word);
};

const failureOf = async (asking: Promise<unknown>): Promise<GatewayError> => {
  const outcome = await asking.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(GatewayError);
  return outcome as GatewayError;
};

/** Where how soon depends on the machine. */
const BUSY_MS = 120_000;

const until = (holds: () => boolean): Promise<boolean> => vi.waitUntil(holds, { timeout: BUSY_MS, interval: 10 });

// Those that move many bytes run alone: beside them an answerer that lives may be silent for too long.
describe.concurrent('the bus over NATS', { timeout: 600_000 }, () => {
  it('the bus goes on when its broker is killed and restarted', async (test) => {
    const server = await givenServer(test);
    const line = await givenLine(test, server);
    const [asker, answerer] = await Promise.all([join(test, line, 'ingress'), join(test, server, 'registry')]);
    const { promise: later, resolve: finishLate } = Promise.withResolvers<void>();
    let begun = 0;
    answerer.answer(Echo, async ({ text }) => {
      begun += 1;
      if (text === 'early') await sleep(500);
      if (text === 'late') await later;
      return { text };
    });
    await answerer.flush();
    let reconnects = 0;
    asker.onReconnect(() => void (reconnects += 1));
    const inHand = Promise.all(['early', 'late'].map((text) => asker.ask(Echo, { text }, { timeoutMs: BUSY_MS })));
    inHand.catch(() => {});
    await until(() => begun === 2);

    await server.kill();
    await until(() => !asker.connected && !answerer.connected);

    // Not by a deadline: that would be another failure.
    expect(await failureOf(asker.ask(Echo, { text: 'x' }))).toMatchObject({ code: 'bus.disconnected', executed: 'no' });
    expect(await failureOf(asker.flush())).toMatchObject({ code: 'bus.disconnected' });

    // The answerer is back well before the asker.
    line.mode = 'refusing';
    await sleep(1_200);
    await server.restart();
    await until(() => answerer.connected);
    finishLate();
    await sleep(500);
    line.mode = 'open';
    await until(() => asker.connected);
    await answerer.flush();

    expect((await asker.ask(Echo, { text: 'again' })).head).toEqual({ text: 'again' });
    // Answers that were ready before the asker could hear them have waited for it.
    expect((await inHand).map(({ head }) => head.text)).toEqual(['early', 'late']);
    expect(reconnects).toBe(1);
  });

  it('the bus loses no event when only the publisher is cut off', async (test) => {
    const server = await givenServer(test);
    const line = await givenLine(test, server);
    const [subscriber, publisher] = await Promise.all([join(test, server, 'ingress'), join(test, line, 'registry')]);
    const heard: number[] = [];
    subscriber.subscribe(Changed, ({ revision }) => void heard.push(revision));
    await subscriber.flush();

    line.mode = 'silent';
    publisher.publish(Changed, { revision: 1 });
    await until(() => !publisher.connected);
    publisher.publish(Changed, { revision: 2 });
    line.mode = 'open';

    await until(() => heard.length === 2);
    expect(heard).toEqual([1, 2]);
  });

  it('the bus makes one write when one turn of the event loop asks many things, each in a callback of its own', async (test) => {
    const server = await givenServer(test);
    const [asker, answerer] = [await join(test, server, 'ingress'), await join(test, server, 'registry')];
    answerer.answer(Echo, async ({ text }) => ({ text }));
    await answerer.flush();
    await asker.ask(Echo, { text: 'first' });
    const writes = vi.spyOn(Socket.prototype, 'write');
    test.onTestFinished(() => writes.mockRestore());
    const asked: Promise<unknown>[] = [];
    const turn = (): void => void asked.push(asker.ask(Echo, { text: ONE_OF_MANY }));
    for (let count = 0; count < ASKED; count++) setImmediate(turn);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(asked);

    const texts = writes.mock.calls.map(([bytes]) => Buffer.from(bytes as Uint8Array).toString('latin1'));
    const counts = texts.map((text) => text.split(ONE_OF_MANY).length - 1);
    expect(counts.find((count) => count > 0)).toBe(ASKED);
  });

  it('the bus does not run late requests when a frozen broker held them back', { concurrent: false }, async (test) => {
    const server = await givenServer(test);
    const [asker, answerer] = await Promise.all([join(test, server, 'ingress'), join(test, server, 'registry')]);
    const ran: string[] = [];
    answerer.answer(Echo, async (request) => {
      ran.push(request.text);
      return request;
    });
    await answerer.flush();

    server.pause();
    const pausedAtMs = Date.now();
    // More than the kernel takes: bytes that never leave must not hide that nobody listens.
    const pad = 'x'.repeat(900_000);
    const outcomes = Array.from({ length: 20 }, (_, at) =>
      failureOf(asker.ask(Echo, { text: `late ${at}` }, { body: pad, timeoutMs: pausedAtMs + 1_000 - Date.now() })),
    );
    expect(new Set((await Promise.all(outcomes)).map(({ code }) => code))).toEqual(new Set(['bus.timed_out']));
    // Noticed while the broker is still frozen; how soon depends on the machine.
    await until(() => !asker.connected);
    expect(await failureOf(asker.ask(Echo, { text: 'no' }))).toMatchObject({
      code: 'bus.disconnected',
      executed: 'no',
    });
    await until(() => !answerer.connected);
    server.resume();

    await until(() => asker.connected && answerer.connected);
    // The broker may not have taken its subscriptions yet.
    await answerer.flush();
    expect((await asker.ask(Echo, { text: 'fresh' })).head).toEqual({ text: 'fresh' });
    await sleep(500);
    expect(ran).toEqual(['fresh']);
  });

  it('the bus leaves a connection when it is jammed with unsent bytes', { concurrent: false }, async (test) => {
    const server = await givenServer(test);
    const line = await givenLine(test, server);
    const [asker, answerer] = await Promise.all([join(test, line, 'ingress'), join(test, server, 'registry')]);
    answerer.answer(Echo, async (request) => request);
    await answerer.flush();
    let reconnects = 0;
    asker.onReconnect(() => void (reconnects += 1));

    line.jam();
    for (let at = 0; at < 20; at += 1) {
      asker.ask(Echo, { text: '' }, { body: 'x'.repeat(900_000), timeoutMs: 500 }).catch(() => {});
    }

    await until(() => reconnects === 1);
    expect((await asker.ask(Echo, { text: 'fresh' })).head).toEqual({ text: 'fresh' });
  });

  it.for(['SIGKILL', 'SIGSTOP'] as const)(
    'the bus over NATS tells the asker soon that its answerer is gone (%s)',
    async (signal, test) => {
      const server = await givenServer(test);
      const [asker, responder] = await Promise.all([
        join(test, server, 'ingress'),
        givenProcess(test, 'responder', server),
      ]);
      await says(responder, 'ready');
      const outcome = failureOf(asker.ask(Work, { forMs: 600_000 }, { timeoutMs: 4 * BUSY_MS }));
      await says(responder, 'began');
      await sleep(1_500);

      responder.kill(signal);

      // Not by its deadline: that would be another failure.
      expect(await outcome).toMatchObject({ code: 'bus.responder_lost', executed: 'unknown' });
    },
  );

  it('the bus aborts a handler when the process that asked has died', async (test) => {
    const server = await givenServer(test);
    const answerer = await join(test, server, 'tool-invocation');
    let signal: AbortSignal | undefined;
    answerer.answer(Work, (_request, call) => {
      signal = call.signal;
      return new Promise(() => {});
    });
    await answerer.flush();
    const asker = await givenProcess(test, 'asker', server);
    await until(() => signal !== undefined);
    await sleep(2_500);
    expect(signal?.aborted).toBe(false);

    asker.kill('SIGKILL');

    await until(() => signal?.aborted === true);
  });

  it('the bus connects when the broker starts later than its services', async (test) => {
    const server = await givenServer(test);
    await server.kill();
    let connected = false;
    const joining = join(test, server, 'ingress', { maxRetries: 20, retryIntervalMs: 100 });
    void joining.then(() => {
      connected = true;
    });

    await sleep(800);
    expect(connected).toBe(false);
    await server.restart();

    expect((await joining).connected).toBe(true);
  });

  it('the bus gives up with a reason when the broker never comes', async (test) => {
    const server = await givenServer(test);
    await server.kill();

    const error = await failureOf(join(test, server, 'ingress', { maxRetries: 2, retryIntervalMs: 20 }));

    expect(error).toMatchObject({
      code: 'bus.disconnected',
      message: expect.stringContaining('after 3 attempts: connection refused'),
    });
  });

  it('the bus drains when the broker is away', async (test) => {
    const server = await givenServer(test);
    const bus = await join(test, server, 'ingress');
    bus.answer(Echo, async (request) => request);
    await server.kill();
    await until(() => !bus.connected);

    await expect(bus.drain()).resolves.toBeUndefined();
  });

  it('the bus reports it when its connection is closed for good', async (test) => {
    const server = await givenServer(test);
    const connection = await connect({ servers: server.url });
    let closed = 0;
    const bus = new NatsBus(connection, {
      name: 'ingress',
      logger,
      maxPayloadBytes: 1_000_000,
      connectAgain: () => connect({ servers: server.url }),
      onClosed: () => void (closed += 1),
    });
    const outcome = failureOf(bus.ask(Echo, { text: '' }, { instance: 'frozen', timeoutMs: 60_000 }));

    await connection.close();

    expect(await outcome).toMatchObject({ code: expect.stringMatching(/^bus\.(disconnected|no_responders)$/) });
    await until(() => closed === 1);
    expect(bus.connected).toBe(false);
  });

  it('the bus carries large messages when the broker takes small payloads only', async (test) => {
    const server = await givenServer(test, 'max_payload: 16384');
    const [asker, answerer] = await Promise.all([join(test, server, 'ingress'), join(test, server, 'registry')]);
    answerer.answer(Echo, async (request, call) => {
      await call.send({ n: 1 }, call.body);
      return new WithBody(request, call.body);
    });
    await answerer.flush();
    const body = 'é'.repeat(1_000_000);
    let frameBody: string | undefined;

    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        asker.ask(
          Echo,
          { text: String(n) },
          { body, timeoutMs: BUSY_MS, onFrame: (frame) => void (frameBody = frame.body) },
        ),
      ),
    );

    expect(answers.map(({ head }) => head.text)).toEqual(['1', '2', '3', '4']);
    expect(answers.every((answer) => answer.body === body)).toBe(true);
    expect(frameBody === body).toBe(true);
  });

  it('the bus holds an answer back at its answerer while the asker has no room for it', async (test) => {
    const server = await givenServer(test);
    const [asker, answerer] = await Promise.all([join(test, server, 'ingress'), join(test, server, 'registry')]);
    const body = 'x'.repeat(20 * 1024 * 1024);
    let isGone = false;
    answerer.answer(Echo, async (request) => new WithBody(request, body, () => void (isGone = true)));
    await answerer.flush();
    let [held, waits] = [0, 0];
    let resume: (() => void) | undefined;
    const roomAfter = 4 * 1024 * 1024;
    const holds = {
      get hasRoom() {
        return held < roomAfter || resume !== undefined;
      },
      add: (bytes: number) => void (held += bytes),
      whenRoom: (goOn: () => void) => {
        waits++;
        resume = goOn;
      },
      stopWaiting: () => void (resume = undefined),
    };

    const asking = asker.ask(Echo, { text: 'large' }, { timeoutMs: BUSY_MS, holds });
    // Should it fail, it says why.
    await Promise.race([until(() => resume !== undefined), asking]);
    // Longer than the beat, by which an answerer that waits asks for more.
    await sleep(2_500);

    // What had been granted before is on its way, and no more than that.
    expect(held).toBeLessThan(roomAfter + 2 * 1024 * 1024);
    expect([isGone, waits]).toEqual([false, 1]);
    resume?.();
    expect((await asking).body === body).toBe(true);
    expect(isGone).toBe(true);
    expect(held).toBeGreaterThan(body.length);
  });

  it('the bus carries an answer of 60 MiB when the limit allows it', { concurrent: false }, async (test) => {
    const server = await givenServer(test);
    const [asker, answerer] = await Promise.all([join(test, server, 'ingress'), join(test, server, 'registry')]);
    const body = 'x'.repeat(60 * 1024 * 1024);
    answerer.answer(Echo, async (request) => new WithBody(request, body));
    await answerer.flush();

    const answer = await asker.ask(Echo, { text: '' }, { timeoutMs: BUSY_MS });

    expect(answer.body === body).toBe(true);
  });

  it('the bus goes on when messages are malformed', async (test) => {
    const server = await givenServer(test);
    const raw = await connect({ servers: server.url });
    test.onTestFinished(() => raw.close());
    const [asker, answerer] = await Promise.all([join(test, server, 'ingress'), join(test, server, 'registry')]);
    let ran = 0;
    answerer.answer(Echo, async (request) => {
      ran += 1;
      return request;
    });
    answerer.subscribe(Changed, () => void (ran += 1));
    await answerer.flush();
    const inbox = `_INBOX.ingress.${asker.instance}`;
    const broken = datedRequest('{"text"', Date.now() + BUSY_MS);
    const request = { callId: '', traceparent: '', head: '{"text":""}', body: undefined, stored: false };
    const cut = encodeRequest({ sentAtMs: performance.now(), leftMs: 2_000, id: 1, secret: 2 }, request).subarray(
      0,
      37,
    );
    const garbage = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(64, 255), Buffer.from('{"id":1}'), cut];
    for (let kind = 0; kind < 20; kind += 1)
      garbage.push(Buffer.from([kind]), Buffer.from([kind, 0, 255, 255, 255, 255, 0, 0, 1]));

    for (const bytes of garbage) {
      raw.publish(Echo.subject, bytes, { reply: '_INBOX.x.y.1.2' });
      raw.publish(Echo.subject, bytes);
      raw.publish(Changed.subject, bytes);
      for (const tail of ['1.2', 'beat', 'gone.a.b', 'x']) raw.publish(`${inbox}.${tail}`, bytes);
      raw.publish('switchyard.v1.sig.registry.call.cancel.x', bytes);
      raw.publish('switchyard.v1.sig.registry.call.recall.x', bytes, { reply: `${inbox}.absent` });
      raw.publish(`switchyard.v1.sig.registry.call.credit.${answerer.instance}`, bytes);
      raw.publish(`switchyard.v1.sig.registry.message.fetch.${answerer.instance}`, bytes);
    }
    const answer = await raw.request(Echo.subject, broken, { timeout: BUSY_MS });

    expect(answer.data[0]).toBe(FAILURE);
    expect(answer.string()).toContain('"code":"bus.malformed"');
    await raw.flush();
    expect((await asker.ask(Echo, { text: 'fine' })).head).toEqual({ text: 'fine' });
    expect(ran).toBe(1);
  });

  it('the bus ignores answers when they are forged, repeated or late', async (test) => {
    const server = await givenServer(test);
    const raw = await connect({ servers: server.url });
    test.onTestFinished(() => raw.close());
    const [asker, answerer] = await Promise.all([join(test, server, 'ingress'), join(test, server, 'registry')]);
    answerer.answer(Echo, async (request) => {
      await sleep(150);
      return request;
    });
    await answerer.flush();
    const inbox = `_INBOX.ingress.${asker.instance}`;
    const asking = asker.ask(Echo, { text: 'true' });

    for (let id = 0; id < 5; id += 1) {
      for (const secret of [0, 1, 4_294_967_295]) {
        raw.publish(
          `${inbox}.${id}.${secret}`,
          encodeUnit({ kind: REPLY, id, secret, instance: 'rogue' }, '{"text":"forged"}', undefined),
        );
      }
    }
    await raw.flush();

    expect((await asking).head).toEqual({ text: 'true' });
  });
});
