import { startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';

// A process that owns an embedded postgres, for tests that kill it.
const server = await startEmbeddedPostgres({
  dataDir: process.argv[2] as string,
  logger: createLogger({ service: 'test', level: 'silent' }),
});
process.send?.(server.location);
setInterval(() => {}, 1_000);
