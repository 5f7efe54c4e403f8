import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Bus, LocalBus } from '#libs/bus';
import { type LogLine, RecordLines } from '#libs/contracts';
import { fail } from '#libs/errors';
import { type Logger, createLogger, renderPrometheus } from '#libs/telemetry';
import { LineSender } from './line-sender.js';

let ingress: Bus;
let metrics: Bus;
let logger: Logger;
let sender: LineSender;
let kept: LogLine[];
let answer: () => void;

beforeEach(() => {
  const broker = new LocalBus();
  ingress = broker.join('ingress');
  metrics = broker.join('metrics');
  kept = [];
  answer = () => {};
  const destination = new Writable({ write: (_chunk, _encoding, done) => done() });
  logger = createLogger({ service: 'ingress', level: 'info', version: '1', destination });
  sender = new LineSender(logger);
  metrics.answer(RecordLines, async ({ lines }) => {
    answer();
    kept.push(...lines);
    return { accepted: lines.length };
  });
});
afterEach(async () => {
  vi.useRealTimers();
  sender.close();
  await ingress.drain();
  await metrics.drain();
});

const messages = () => kept.map(({ message }) => message);
const dropped = async (): Promise<number> =>
  Number(/^switchyard_log_lines_dropped_total\S* (\d+)/m.exec(await renderPrometheus())?.[1]);

it('LineSender gives metrics what was written, as it was masked, when there is a bus', async () => {
  logger.info(
    { principal: 'ann@example.com', correlationId: 'c-1', traceId: 't', password: 'hunter22', ms: 3 },
    'before',
  );
  sender.connect(ingress);
  logger.warn('a bearer abcdef123456');
  await sender.flush();
  expect(kept).toMatchObject([
    {
      seq: 1,
      level: 'info',
      service: 'ingress',
      message: 'before',
      principal: 'ann@example.com',
      correlationId: 'c-1',
    },
    { seq: 2, level: 'warn', message: 'a bearer [redacted]', principal: null, fields: '{}' },
  ]);
  expect(JSON.parse(kept[0]?.fields ?? '')).toEqual({ password: '[redacted]', ms: 3 });
  await sender.flush();
  expect(kept).toHaveLength(2);
});

it('LineSender keeps lines in their order until metrics takes them when it is away', async () => {
  sender.connect(ingress);
  answer = () => {
    throw fail('platform.not_ready');
  };
  logger.info('first');
  await sender.flush();
  logger.info('second');
  await Promise.all([sender.flush(), sender.flush()]);
  expect(kept).toEqual([]);
  answer = () => {};
  await Promise.all([sender.flush(), sender.flush()]);
  expect(messages()).toEqual(['first', 'second']);
});

it('LineSender sends by itself, and again after a pause, when a line was written', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  sender.connect(ingress);
  let attempts = 0;
  answer = () => {
    if (++attempts === 1) throw fail('platform.not_ready');
  };
  logger.info('once');
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(attempts).toBe(1));
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(500);
    expect(messages()).toEqual(['once']);
  });
});

it('LineSender goes on with the next lines when metrics refuses some for good', async () => {
  sender.connect(ingress);
  const before = await dropped();
  answer = () => {
    answer = () => {};
    throw new Error('a bug');
  };
  for (let line = 0; line < 501; line++) logger.info('of many');
  await sender.flush();
  expect(kept).toHaveLength(1);
  expect((await dropped()) - before).toBe(500);
});

it('LineSender counts what it leaves out, and holds no more, when metrics stays away', async () => {
  const before = await dropped();
  for (let line = 0; line < 10_002; line++) logger.info('flood');
  expect((await dropped()) - before).toBe(2);
  sender.connect(ingress);
  await sender.flush();
  expect(kept).toHaveLength(10_000);
  expect(Math.max(...kept.map(({ seq }) => seq))).toBe(10_000);
});

it('LineSender sends no line that keeping lines gave rise to when there is one each time', async () => {
  sender.connect(ingress);
  answer = () => logger.warn({ at: kept.length }, 'a statement was slow');
  logger.info('one');
  await sender.flush();
  logger.info('two');
  await sender.flush();
  expect(messages()).toEqual(['one', 'two']);
});

it('LineSender sends a line without its fields when it is very long', async () => {
  sender.connect(ingress);
  logger.info(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`a${at}`, 'x'.repeat(4_000)])), 'long');
  await sender.flush();
  expect(kept).toMatchObject([{ message: 'long', fields: '{"isCut":true}' }]);
});
