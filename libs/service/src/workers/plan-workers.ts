import { availableParallelism } from 'node:os';
import type { ConfigOf } from '#libs/config';
import { fail } from '#libs/errors';
import type { AnyServicePart } from '../service-part.js';
import { AUTO, SILENCE_S_MAX, WORKERS_MAX, type workerOptions } from './worker-options.js';

/** What the supervisor of the workers of a process goes by. */
export interface WorkerPlan {
  readonly count: number;
  /** 0: never. */
  readonly requestsMax: number;
  readonly requestsJitter: number;
  readonly silenceMsMax: number;
}

interface Stores {
  readonly NATS_URL: string | null;
  readonly DATABASE_URL: string | null;
  readonly REDIS_URL: string | null;
}

/**
 * The workers that a process is to have; `null` where it serves by itself. Throws `config.invalid` where there cannot be so
 * many.
 */
export const planWorkers = (
  parts: readonly AnyServicePart[],
  config: Stores & ConfigOf<typeof workerOptions>,
): WorkerPlan | null => {
  const { WORKERS, MAX_REQUESTS, MAX_REQUESTS_JITTER, WORKER_TIMEOUT } = config;
  const missing = whatIsNotShared(parts, config);
  const count = WORKERS === AUTO ? automatic(missing) : WORKERS;
  if (count > 1 && missing !== null) throw invalid(`WORKERS: ${missing}, so that there can be one alone`);
  if (MAX_REQUESTS === 0 && MAX_REQUESTS_JITTER > 0)
    throw invalid('MAX_REQUESTS_JITTER is added to MAX_REQUESTS, which is not set');
  if (count === 1 && MAX_REQUESTS === 0 && WORKER_TIMEOUT === 0) return null;
  if (missing !== null) throw invalid(`MAX_REQUESTS, WORKER_TIMEOUT: ${missing}, so that a worker has no successor`);
  return {
    count,
    requestsMax: MAX_REQUESTS,
    requestsJitter: MAX_REQUESTS_JITTER,
    silenceMsMax: (WORKER_TIMEOUT || SILENCE_S_MAX) * 1_000,
  };
};

const automatic = (missing: string | null): number =>
  missing === null ? Math.min(availableParallelism(), WORKERS_MAX) : 1;

/** Of what two processes of these parts would each have their own. */
const whatIsNotShared = (
  parts: readonly AnyServicePart[],
  { NATS_URL, DATABASE_URL, REDIS_URL }: Stores,
): string | null => {
  if (parts.length > 1) return 'all services run in this one process';
  if (NATS_URL === null) return 'without NATS_URL the bus is the memory of one process';
  if (DATABASE_URL === null && parts.some(({ needs }) => needs.database))
    return 'without DATABASE_URL one process has the database';
  if (REDIS_URL === null && parts.some(({ needs }) => needs.cache))
    return 'without REDIS_URL sessions are in the memory of one process';
  return null;
};

const invalid = (message: string) => fail('config.invalid', { message });
