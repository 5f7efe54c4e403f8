import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { defineEvent, defineRequest } from '#libs/contracts';
import { toGatewayError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsCluster } from '../../../testing/src/nats-server.js';
import { type Bus, connectNats } from '../index.js';

const Echo = defineRequest<{ n: number; forMs: number }, { n: number }, { n: number }>('registry', 'echo.return', {
  deadlineMs: 120_000,
});
const Changed = defineEvent<{ n: number }>('registry', 'thing.changed');
const logger = createLogger({ service: 'test', level: 'silent' });

const NODES = 3;
const CALL_INTERVAL_MS = 20;

const givenCluster = async (): Promise<NatsServer[]> => {
  const nodes = await startNatsCluster(NODES);
  onTestFinished(() => Promise.all(nodes.map((node) => node.stop())).then(() => {}));
  return nodes;
};

/** Connected to this node first; the others it hears of from it. */
const join = async (node: NatsServer, name: string): Promise<Bus> => {
  const bus = await connectNats({ servers: node.url, name, logger, maxRetries: 20 });
  onTestFinished(() => bus.drain({ graceMs: 0 }));
  return bus;
};

it('the bus loses no call and no event, and doubles none, when its servers leave one after another', {
  timeout: 600_000,
}, async () => {
  const nodes = await givenCluster();
  const answerers = await Promise.all(nodes.map((node) => join(node, 'registry')));
  const askers = await Promise.all(nodes.map((node) => join(node, 'ingress')));
  const ran = new Map<number, number>();
  const heard = askers.map(() => new Map<number, number>());
  const frames = new Map<number, number>();
  for (const answerer of answerers) {
    answerer.answer(Echo, async ({ n, forMs }, call) => {
      ran.set(n, (ran.get(n) ?? 0) + 1);
      await call.send({ n });
      await sleep(forMs);
      return { n };
    });
  }
  for (const [at, asker] of askers.entries()) asker.subscribe(Changed, ({ n }) => add(heard[at], n));
  await Promise.all([...answerers, ...askers].map((bus) => bus.flush()));
  // What the nodes know of each other's subscribers spreads in its own time.
  const sees = async (bus: Bus): Promise<boolean> =>
    (await Promise.all([1, 2, 3].map((n) => tried(bus, -n)))).every(Boolean);
  await expect.poll(async () => (await Promise.all(askers.map(sees))).every(Boolean)).toBe(true);

  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  const load = setInterval(() => {
    const n = sent++;
    const asker = askers[n % NODES] as Bus;
    answerers[n % NODES]?.publish(Changed, { n });
    const onFrame = () => add(frames, n);
    // Some are open all the while that a server takes to leave.
    const forMs = n % 50 === 0 ? 4_000 : n % 40;
    const asked: Promise<void> = asker.ask(Echo, { n, forMs }, { onFrame }).then(
      ({ head }) => {
        if (head.n !== n) failures.push(`${n} was answered as ${head.n}`);
      },
      (error: unknown) => {
        const { code, executed } = toGatewayError(error);
        failures.push(`${n}: ${code}, executed ${executed}`);
      },
    );
    open.add(asked.finally(() => open.delete(asked)));
  }, CALL_INTERVAL_MS);
  try {
    for (const node of nodes) {
      await sleep(500);
      await node.leave();
      await node.restart();
    }
    await sleep(500);
  } finally {
    clearInterval(load);
  }
  await Promise.all(open);

  expect(failures).toEqual([]);
  const all = Array.from({ length: sent }, (_, n) => n);
  const once = Object.fromEntries(all.map((n) => [n, 1]));
  const counted = (counts: ReadonlyMap<number, number> | undefined) =>
    Object.fromEntries([...(counts ?? [])].filter(([n]) => n >= 0));
  expect(counted(ran)).toEqual(once);
  expect(counted(frames)).toEqual(once);
  await expect.poll(() => heard.map(counted)).toEqual(askers.map(() => once));
});

const add = (counts: Map<number, number> | undefined, n: number): void => void counts?.set(n, (counts.get(n) ?? 0) + 1);

const tried = (bus: Bus, n: number): Promise<boolean> =>
  bus.ask(Echo, { n, forMs: 0 }).then(
    () => true,
    () => false,
  );
