import { type ConfigOf, flag, integer } from '#libs/config';

/** The settings of the outbox, for every service that records calls. */
export const outboxOptions = {
  METRICS_BUFFER_ENABLED: flag(
    true,
    'Whether call records are gathered before they go to metrics. When false each goes as soon as it settles.',
  ),
  METRICS_BUFFER_FLUSH_INTERVAL: integer(5, 'Seconds after which gathered call records go to metrics at the latest.', {
    min: 5,
    max: 300,
  }),
  METRICS_BUFFER_MAX_SIZE: integer(
    1_000,
    'Gathered call records that go to metrics without waiting for the interval.',
    {
      min: 1,
      max: 10_000,
    },
  ),
  METRICS_SPOOL_MAX_BYTES: integer(
    256 * 1024 * 1024,
    'Disk that call records may take per process while metrics is down. Beyond it further ones are dropped and counted.',
    { min: 1024 * 1024 },
  ),
} as const;

/** The parsed values of `outboxOptions`. */
export type OutboxConfig = ConfigOf<typeof outboxOptions>;
