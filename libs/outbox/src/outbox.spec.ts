import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bus } from '#libs/bus';
import type { CallRecord } from '#libs/contracts';
import { fail } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { aCallRecord } from '../test/call-records.js';
import { Outbox, type OutboxSettings } from './outbox.js';
import { Spool } from './spool.js';

let dir: string;
let lines: string[];
const outboxes: Outbox[] = [];

/** Plays metrics. `refuse` decides what happens to a batch. */
class Metrics {
  readonly batches: (readonly CallRecord[])[] = [];
  refuse: ((records: readonly CallRecord[]) => Error | null) | null = null;

  readonly bus = {
    ask: async (_contract: unknown, { records }: { records: readonly CallRecord[] }) => {
      const refusal = this.refuse?.(records);
      if (refusal) throw refusal;
      this.batches.push(structuredClone(records));
      return { head: { accepted: records.length } };
    },
  } as unknown as Bus;

  get ids(): string[] {
    return this.batches.flat().map((record) => record.callId);
  }

  outcomeOf(callId: string): string | undefined {
    return this.batches.flat().find((record) => record.callId === callId)?.outcome;
  }
}

const down = (): Error => fail('bus.no_responders');

const givenOutbox = (metrics: Metrics, settings: Partial<OutboxSettings> = {}): Outbox => {
  const logger = createLogger({
    service: 'test',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const outbox = new Outbox({ dir, bus: metrics.bus, logger, flushIntervalMs: 0, ...settings });
  outboxes.push(outbox);
  return outbox;
};

const until = (condition: () => boolean): Promise<boolean> => vi.waitUntil(condition, { interval: 10 });

const logFiles = (): string[] =>
  readdirSync(dir, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.log'));

const spoolBytes = (): number => logFiles().reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);

/** The disk of most tests takes everything. */
const never = (): void => {
  throw new Error('was refused');
};
const run = (outbox: Outbox, callId: string): void => {
  const begun = outbox.begin(aCallRecord({ callId }), () => {}, never);
  outbox.settle(aCallRecord({ callId, outcome: 'ok' }), begun);
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'outbox '));
  lines = [];
});

afterEach(async () => {
  await Promise.all(outboxes.splice(0).map((outbox) => outbox.close(0)));
  rmSync(dir, { recursive: true, force: true });
});

describe('the spool', () => {
  it('the outbox lets calls go when one write has put on disk that they have begun', async () => {
    const outbox = givenOutbox(new Metrics());
    const onDisk: string[] = [];
    const look = (): void => void onDisk.push(readFileSync(join(dir, logFiles()[0] ?? ''), 'utf8'));

    outbox.begin(aCallRecord({ callId: 'a' }), look, never);
    outbox.begin(aCallRecord({ callId: 'b' }), look, never);
    expect(spoolBytes()).toBe(0);
    await Promise.resolve();

    expect(onDisk).toHaveLength(2);
    for (const text of onDisk) expect(text).toMatch(/^B\["a".*\nB\["b".*\n$/);
  });

  it('the outbox has a settled record on disk when the turn of the event loop ends', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics, { flushIntervalMs: 60_000 });

    run(outbox, 'a');
    await turn();

    expect(readFileSync(join(dir, logFiles()[0] ?? ''), 'utf8')).toContain('S["a"');
  });
});

describe('shipping', () => {
  it('the outbox ships a record unchanged when it has settled, and nothing when it has only begun', async () => {
    const metrics = new Metrics();
    const outbox = givenOutbox(metrics);
    const settled = aCallRecord({
      callId: 'a',
      outcome: 'tool_error',
      name: 'naïve "tool"\n🙂',
      errorCode: 'x',
      latencyMs: 1.25,
    });

    const begun = outbox.begin(aCallRecord({ callId: 'a' }), () => {}, never);
    outbox.begin(aCallRecord({ callId: 'b' }), () => {}, never);
    outbox.settle(settled, begun);

    await until(() => metrics.batches.length > 0);
    expect(metrics.batches).toEqual([[settled]]);
  });

  it('the outbox ships a batch when the interval is over', async () => {
    const metrics = new Metrics();
    const outbox = givenOutbox(metrics, { flushIntervalMs: 3_000, flushCount: 100 });
    run(outbox, 'a');
    await sleep(100);
    expect(metrics.ids).toEqual([]);
    await until(() => metrics.ids.length === 1);
  });

  it('the outbox ships a batch when the count is reached, however long the interval is', async () => {
    const metrics = new Metrics();
    const outbox = givenOutbox(metrics, { flushIntervalMs: 600_000, flushCount: 3 });
    for (const callId of ['a', 'b']) run(outbox, callId);
    await sleep(100);
    expect(metrics.ids).toEqual([]);
    run(outbox, 'c');
    await until(() => metrics.ids.length === 3);
    expect(metrics.ids).toEqual(['a', 'b', 'c']);
  });

  it('the outbox ships at once when it is flushed', async () => {
    const metrics = new Metrics();
    const outbox = givenOutbox(metrics, { flushIntervalMs: 60_000 });
    run(outbox, 'a');
    await outbox.flush();
    expect(metrics.ids).toEqual(['a']);
  });

  it('the outbox keeps records and logs the outage once when metrics does not take them', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics);
    for (const callId of ['a', 'b']) run(outbox, callId);
    await sleep(600);
    expect(outbox.pending).toBe(2);

    metrics.refuse = null;
    await until(() => outbox.pending === 0);
    expect(metrics.ids).toEqual(['a', 'b']);
    expect(lines.filter((line) => line.includes('"warn"'))).toHaveLength(1);
  });

  it('the outbox splits a batch when the bus finds it too large, and drops a record when it is too large alone', async () => {
    const metrics = new Metrics();
    metrics.refuse = (records) =>
      records.length > 3 || records.some((record) => record.callId === 'huge') ? fail('bus.too_large') : null;
    const outbox = givenOutbox(metrics, { flushIntervalMs: 20, flushCount: 50 });
    for (let i = 0; i < 10; i += 1) run(outbox, i === 4 ? 'huge' : String(i));

    await until(() => outbox.pending === 0);
    expect(metrics.ids.sort()).toEqual(['0', '1', '2', '3', '5', '6', '7', '8', '9']);
    expect(outbox.droppedCount).toBe(1);
  });
});

describe('bounds', () => {
  it('the outbox reads records back from disk, each once, when more wait than memory may hold', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics, { recordsInMemoryMax: 10, segmentBytesMax: 16 * 1024, flushIntervalMs: 20 });
    const ids = Array.from({ length: 1_000 }, (_, i) => `call-${i}`);
    for (const callId of ids) run(outbox, callId);
    expect(outbox.pending).toBe(1_000);

    metrics.refuse = null;
    await until(() => outbox.pending === 0);
    expect(metrics.ids).toEqual(ids);
    expect(logFiles()).toHaveLength(1);
    expect(spoolBytes()).toBe(0);
  });

  it('the outbox reads on when the rest of a segment settled elsewhere', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics, { recordsInMemoryMax: 2, segmentBytesMax: 512 * 1024 });
    for (const callId of ['a', 'b', 'c']) run(outbox, callId);
    const ids = Array.from({ length: 4_000 }, (_, i) => `call-${i}`);
    const begun = ids.map((callId) => outbox.begin(aCallRecord({ callId }), () => {}, never));
    for (const [at, callId] of ids.entries()) outbox.settle(aCallRecord({ callId, outcome: 'ok' }), begun[at]);

    metrics.refuse = null;
    await until(() => outbox.pending === 0);
    expect(metrics.ids).toEqual(['a', 'b', 'c', ...ids]);
  });

  it('the outbox drops, counts and reports new calls, not those in hand, when its disk share is used up', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics, { bytesMax: 100_000, recordsInMemoryMax: 10 });
    const long = outbox.begin(aCallRecord({ callId: 'long' }), () => {}, never);
    for (let i = 0; i < 1_000; i += 1) run(outbox, `call-${i}`);
    outbox.settle(aCallRecord({ callId: 'long', outcome: 'ok' }), long);

    expect(spoolBytes()).toBeLessThan(101_000);
    expect(outbox.droppedCount + outbox.pending).toBe(1_001);
    metrics.refuse = null;
    await until(() => outbox.pending === 0);
    expect(metrics.ids).toContain('long');
    expect(metrics.ids).toHaveLength(1_001 - outbox.droppedCount);
    expect(lines.filter((line) => line.includes('"error"'))).toHaveLength(1);
  });

  it('the outbox keeps a call when it lasts longer than the segment it began in', async () => {
    const metrics = new Metrics();
    const outbox = givenOutbox(metrics, { segmentBytesMax: 8 * 1024 });
    outbox.begin(aCallRecord({ callId: 'long' }), () => {}, never);
    for (let i = 0; i < 200; i += 1) run(outbox, `call-${i}`);
    await until(() => outbox.pending === 0);

    expect(logFiles()).toHaveLength(1);
    expect(readFileSync(join(dir, logFiles()[0] ?? ''), 'utf8')).toContain('"long"');
  });

  it('the outbox refuses calls while the disk does not take them, and keeps in memory what had begun', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics, { segmentBytesMax: 1_024 });
    const before = outbox.begin(aCallRecord({ callId: 'before' }), () => {}, never);
    await turn();
    const folder = join(dir, readdirSync(dir)[0] ?? '');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    const outcomes = (): Promise<string[]> =>
      Promise.all(
        Array.from(
          { length: 20 },
          (_, index) =>
            new Promise<string>((resolve) => {
              const record = aCallRecord({ callId: `${index}` });
              const begun = outbox.begin(
                record,
                () => resolve('goes'),
                () => {
                  outbox.settle({ ...record, outcome: 'refused' }, begun);
                  resolve('refused');
                },
              );
            }),
        ),
      );

    // The file is still there for whoever has it open, until it is full.
    await outcomes();
    expect(new Set(await outcomes())).toEqual(new Set(['refused']));
    expect(outbox.isDiskFailing).toBe(true);
    outbox.settle(aCallRecord({ callId: 'before', outcome: 'ok' }), before);
    metrics.refuse = null;
    await until(() => metrics.outcomeOf('before') === 'ok');
    expect(lines.filter((line) => line.includes('cannot be written'))).toHaveLength(1);

    rmSync(folder);
    await until(() => !outbox.isDiskFailing);
    expect(new Set(await outcomes())).toEqual(new Set(['goes']));
  });
});

describe('Spool', () => {
  it('Spool reports what the disk refuses, and goes on, when it cannot remove its own files', () => {
    const failures: unknown[] = [];
    const limits = { segmentBytesMax: 256, bytesMax: 1_000_000, recordsInMemoryMax: 100 };
    const spool = new Spool(join(dir, 'own'), limits, (error) => failures.push(error));
    expect(spool.canWrite()).toBe(true);
    for (const callId of ['a', 'b']) {
      spool.settle(aCallRecord({ callId, outcome: 'ok' }));
      spool.commit();
    }
    rmSync(spool.folder, { recursive: true });
    writeFileSync(spool.folder, 'in the way');

    expect(spool.canWrite()).toBe(false);
    expect(spool.peek(10)).toHaveLength(2);
    spool.acknowledge(2);
    spool.close();

    expect(spool.pending).toBe(0);
    expect(failures.length).toBeGreaterThan(0);
  });
});

describe('the records of the dead', () => {
  const DEAD_OWNER = JSON.stringify({ pid: 1, boot: null, pidNamespace: null, startTicks: null });

  /** A spool as a killed process leaves it: nobody may touch it until its owner is judged dead. */
  const leaveSpool = async (work: (outbox: Outbox) => void, rename: (name: string) => string): Promise<string> => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics, { segmentBytesMax: 2_048 });
    work(outbox);
    await turn();
    // Others may have been left before; they have longer names.
    const spool = readdirSync(dir).find((name) => name.length === randomUUID().length) ?? '';
    const left = join(dir, rename(spool));
    cpSync(join(dir, spool), left, { recursive: true });
    // One that went on would miss its folder at its next heartbeat, and write what it has to a new one.
    await outbox.close(0);
    rmSync(join(dir, spool), { recursive: true, force: true });
    return left;
  };

  it('the outbox ships settled and begun records and skips a torn last line when it recovers a spool', async () => {
    const orphan = await leaveSpool(
      (outbox) => {
        for (let i = 0; i < 20; i += 1) run(outbox, `settled-${i}`);
        outbox.begin(aCallRecord({ callId: 'running' }), () => {}, never);
      },
      (name) => `${name}-dead`,
    );
    appendFileSync(
      join(
        orphan,
        readdirSync(orphan)
          .filter((name) => name.endsWith('.log'))
          .sort()
          .at(-1) ?? '',
      ),
      'S["torn",17',
    );
    rmSync(join(orphan, 'owner.json'));

    const metrics = new Metrics();
    givenOutbox(metrics);
    await until(() => readdirSync(dir).filter((name) => name.endsWith('-dead')).length === 0);
    await until(() => metrics.ids.length === 21);
    expect(metrics.outcomeOf('running')).toBe('unknown');
    expect(metrics.outcomeOf('settled-0')).toBe('ok');
    await until(() => logFiles().length === 1);
  });

  it('the outbox recovers a spool when whoever had adopted it is dead as well', async () => {
    const inner = await leaveSpool(
      (outbox) => run(outbox, 'inner'),
      (name) => `${name}-inner`,
    );
    const outer = await leaveSpool(
      (outbox) => run(outbox, 'outer'),
      (name) => `${name}-outer`,
    );
    rmSync(join(inner, 'owner.json'));
    rmSync(join(outer, 'owner.json'));
    renameSync(inner, join(outer, 'inner'));

    const metrics = new Metrics();
    givenOutbox(metrics);
    await until(() => metrics.ids.includes('inner') && metrics.ids.includes('outer'));
  });

  it('the outbox recovers no spool when death is not proved and the owner was not silent for several looks', async () => {
    const orphan = await leaveSpool(
      (outbox) => run(outbox, 'a'),
      (name) => `${name}-elsewhere`,
    );
    writeFileSync(join(orphan, 'owner.json'), DEAD_OWNER.replace('null', '"another boot"'));
    const metrics = new Metrics();
    givenOutbox(metrics);
    await sleep(300);
    expect(metrics.ids).toEqual([]);
    expect(readdirSync(dir)).toContain(orphan.slice(dir.length + 1));
  });

  it('the outbox hands records to the next start when they could not be shipped before closing', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const first = givenOutbox(metrics);
    run(first, 'a');
    first.begin(aCallRecord({ callId: 'b' }), () => {}, never);
    await first.close(50);

    metrics.refuse = null;
    givenOutbox(metrics);
    await until(() => metrics.ids.length === 2);
    expect(metrics.outcomeOf('b')).toBe('unknown');
  });

  it('the outbox leaves nothing behind when all was shipped', async () => {
    const metrics = new Metrics();
    const outbox = givenOutbox(metrics, { flushIntervalMs: 60_000 });
    run(outbox, 'a');
    await outbox.close();
    expect(metrics.ids).toEqual(['a']);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('the outbox writes its records anew when somebody adopted its folder meanwhile', async () => {
    const metrics = new Metrics();
    metrics.refuse = down;
    const outbox = givenOutbox(metrics);
    const running = outbox.begin(aCallRecord({ callId: 'running' }), () => {}, never);
    run(outbox, 'a');
    const [spool] = readdirSync(dir);
    rmSync(join(dir, spool ?? ''), { recursive: true });

    await until(() => logFiles().length === 1);
    const text = readFileSync(join(dir, logFiles()[0] ?? ''), 'utf8');
    expect(text).toContain('B["running"');
    expect(text).toContain('S["a"');

    outbox.settle(aCallRecord({ callId: 'running', outcome: 'ok' }), running);
    metrics.refuse = null;
    await until(() => outbox.pending === 0);
    expect(metrics.ids.sort()).toEqual(['a', 'running']);
  });
});
