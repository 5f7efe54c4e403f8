import { createLogger } from '#libs/telemetry';
import { connectNats } from '../src/nats/connect.js';
import { Work } from './work.request.js';

/** An asking process of its own, to be killed while it waits. */
const bus = await connectNats({
  servers: process.argv[2] ?? '',
  name: 'ingress',
  logger: createLogger({ service: 'asker', level: 'silent' }),
});
await bus.ask(Work, { forMs: 600_000 });
