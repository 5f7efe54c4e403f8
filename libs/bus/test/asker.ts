import './set-clock.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '#libs/telemetry';
import { connectNats } from '../src/nats/connect.js';
import { Work } from './work.request.js';

/** An asking process of its own, to be killed while it waits. */
const bus = await connectNats({
  servers: process.argv[2] ?? '',
  name: 'ingress',
  logger: createLogger({ service: 'asker', level: 'silent' }),
});
// On a busy machine whoever answers may seem gone for a while.
for (;;) {
  await bus.ask(Work, { forMs: 600_000 }).catch(() => {});
  await sleep(100);
}
