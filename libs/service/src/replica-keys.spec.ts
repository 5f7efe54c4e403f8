import { afterEach, expect, it, vi } from 'vitest';
import { LocalBus } from '#libs/bus';
import { type KeyAnnouncement, SealingKeysAnnounced } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import { ReplicaKeys } from './replica-keys.js';

const KEY = 'Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVzIGxvbmch';
const OTHER = 'YW5vdGhlciBvbmUsIGFsc28gZm9yIHRlc3RzIDop';

const opened: ReplicaKeys[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const keys of opened.splice(0)) keys.close();
});

/** Longer than a hello and its answer take. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const given = () => {
  const broker = new LocalBus();
  const lines: object[] = [];
  const logger = { error: (members: object) => lines.push(members) } as unknown as Logger;
  const start = (keys: Record<string, readonly string[]>): ReplicaKeys => {
    const bus = broker.join('ingress');
    const line = {
      publish: (announcement: KeyAnnouncement) => bus.signal(SealingKeysAnnounced, announcement),
      subscribe: (handler: (announcement: KeyAnnouncement) => void) => bus.subscribe(SealingKeysAnnounced, handler),
    };
    const replica = new ReplicaKeys(bus, line, keys, logger);
    opened.push(replica);
    return replica;
  };
  return { start, lines };
};

it('replicas with the same keys have nothing to say of them', async () => {
  const { start, lines } = given();
  const replicas = [start({ STATE_SECRET: [KEY] }), start({ STATE_SECRET: [KEY] })];
  await settled();
  expect([replicas.map((replica) => replica.warning()), lines]).toEqual([[null, null], []]);
});

it('replicas with different keys both say so, once, and show neither', async () => {
  const { start, lines } = given();
  const replicas = [start({ STATE_SECRET: [KEY], A: [KEY] }), start({ STATE_SECRET: [OTHER], A: [KEY] })];
  await settled();
  const warning = 'other replicas have another STATE_SECRET';
  expect(replicas.map((replica) => replica.warning())).toEqual([warning, warning]);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ settings: ['STATE_SECRET'], replica: expect.any(String) });
  expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${KEY}|${OTHER}`));
});

it('replicas whose keys are being changed have nothing to say of them while each accepts the key of the other', async () => {
  const { start, lines } = given();
  const replicas = [start({ STATE_SECRET: [KEY, OTHER] }), start({ STATE_SECRET: [OTHER, KEY] })];
  await settled();
  expect([replicas.map((replica) => replica.warning()), lines]).toEqual([[null, null], []]);
});

it('replicas say so when one of them does not accept the key of the other yet', async () => {
  const { start } = given();
  const replicas = [start({ STATE_SECRET: [KEY] }), start({ STATE_SECRET: [OTHER, KEY] })];
  await settled();
  const warning = 'other replicas have another STATE_SECRET';
  expect(replicas.map((replica) => replica.warning())).toEqual([warning, warning]);
});

it('a replica that has gone silent is no longer spoken of', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  const { start } = given();
  const [one, other] = [start({ STATE_SECRET: [KEY] }), start({ STATE_SECRET: [OTHER] })];
  await settled();
  other.close();
  vi.advanceTimersByTime(60_000);
  await settled();
  expect(one.warning()).not.toBeNull();
  vi.advanceTimersByTime(60_000);
  await settled();
  expect(one.warning()).toBeNull();
});
