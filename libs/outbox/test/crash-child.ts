/**
 * A process that runs calls as fast as it can until it is killed, and notes in a ledger file what it has begun
 * (`b <id>`) and settled (`s <id>`). Its bus is the IPC channel to the test, which plays metrics.
 */
import { appendFileSync } from 'node:fs';
import type { Bus } from '#libs/bus';
import { createLogger } from '#libs/telemetry';
import { Outbox } from '../src/outbox.js';
import { aCallRecord } from './call-records.js';

const [dir, ledger, prefix, callsAtOnce] = process.argv.slice(2);
const note = (line: string): void => appendFileSync(ledger ?? '', `${line}\n`);
const waiting = new Map<number, () => void>();
let sequence = 0;

process.on('message', (number: number) => waiting.get(number)?.());

const bus = {
  ask: (_contract: unknown, { records }: { records: unknown[] }) =>
    new Promise((resolve) => {
      sequence += 1;
      waiting.set(sequence, () => resolve({ head: { accepted: records.length } }));
      process.send?.({ number: sequence, records });
    }),
} as unknown as Bus;

const outbox = new Outbox({
  dir: dir ?? '',
  bus,
  logger: createLogger({ service: 'crash', level: 'silent' }),
  flushIntervalMs: 20,
  flushCount: 100,
  segmentBytesMax: 64 * 1024,
});

let count = 0;
const open: { readonly callId: string; readonly begun: ReturnType<Outbox['begin']> }[] = [];

const work = (): void => {
  for (let i = 0; i < 20; i += 1) {
    count += 1;
    const callId = `${prefix}-${count}`;
    const begun = outbox.begin(
      aCallRecord({ callId }),
      () => note(`b ${callId}`),
      () => note(`refused ${callId}`),
    );
    open.push({ callId, begun });
    if (open.length < Number(callsAtOnce)) continue;
    for (const ended of open.splice(Math.floor(Math.random() * open.length), 1)) {
      outbox.settle(aCallRecord({ callId: ended.callId, outcome: 'ok', latencyMs: 1.5 }), ended.begun);
      setImmediate(() => note(`s ${ended.callId}`));
    }
  }
  setImmediate(work);
};

if (prefix === 'idle') process.send?.('started');
else work();
