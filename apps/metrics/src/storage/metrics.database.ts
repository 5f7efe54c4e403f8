import { Calls1763600000101 } from './migrations/0001-calls.migration.js';
import { CallsByDay1764400000102 } from './migrations/0002-calls-by-day.migration.js';

/** What metrics keeps. Written and read in bulk by SQL of its own, so there are no entities. */
export const metricsDatabase = {
  schema: 'metrics',
  entities: [],
  migrations: [Calls1763600000101, CallsByDay1764400000102],
} as const;
