import './set-clock.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '#libs/telemetry';
import { connectNats } from '../src/nats/connect.js';
import { Work } from './work.request.js';

/** An answering process of its own, to be frozen and killed. Says "ready", and "began" and "aborted" of calls. */
const bus = await connectNats({
  servers: process.argv[2] ?? '',
  name: 'tool-invocation',
  logger: createLogger({ service: 'responder', level: 'silent' }),
});
bus.answer(Work, async ({ forMs }, { signal }) => {
  process.stdout.write('began\n');
  signal.addEventListener('abort', () => process.stdout.write('aborted\n'));
  await sleep(forMs);
  return { pid: process.pid, skewedByMs: bus.skewedClocks.map(({ aheadMs }) => aheadMs) };
});
await bus.flush();
process.stdout.write('ready\n');
