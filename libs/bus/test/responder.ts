import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '#libs/telemetry';
import { connectNats } from '../src/nats/connect.js';
import { Work } from './work.request.js';

/** An answering process of its own, to be frozen and killed. Says "ready", and "began" for every call. */
const bus = await connectNats({
  servers: process.argv[2] ?? '',
  name: 'tool-invocation',
  logger: createLogger({ service: 'responder', level: 'silent' }),
});
bus.answer(Work, async ({ forMs }) => {
  process.stdout.write('began\n');
  await sleep(forMs);
  return { pid: process.pid };
});
await bus.flush();
process.stdout.write('ready\n');
