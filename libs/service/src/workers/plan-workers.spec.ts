import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { platformOptions } from '../platform.config.js';
import type { AnyServicePart } from '../service-part.js';
import { planWorkers } from './plan-workers.js';

const part = (needs: AnyServicePart['needs']): AnyServicePart => ({
  name: 'ingress',
  options: {},
  module: () => ({ module: class {} }),
  needs,
});
const ALONE = [part({})];
const BUS = { NATS_URL: 'nats://127.0.0.1:4222' };

const plan = (env: Record<string, string>, parts: readonly AnyServicePart[] = ALONE) =>
  planWorkers(parts, parseConfig(platformOptions, env));

describe('the plan of workers', () => {
  it('a process serves by itself when nothing is said of workers', () => {
    expect(plan({})).toBeNull();
    expect(plan({ ...BUS, WORKERS: '1' })).toBeNull();
  });

  it('a process has so many workers when it shares nothing but stores', () => {
    expect(plan({ ...BUS, WORKERS: '3', MAX_REQUESTS: '1000', MAX_REQUESTS_JITTER: '50' })).toEqual({
      count: 3,
      requestsMax: 1_000,
      requestsJitter: 50,
      silenceMsMax: 60_000,
    });
    expect(plan({ ...BUS, WORKER_TIMEOUT: '5' })).toMatchObject({ count: 1, silenceMsMax: 5_000 });
    expect(plan({ ...BUS, WORKERS: 'auto' })?.count ?? 1).toBe(availableParallelism());
  });

  it.each([
    ['the bus is its memory', {}, ALONE, 'NATS_URL'],
    ['the database is its own', BUS, [part({ database: {} as never })], 'DATABASE_URL'],
    ['sessions are in its memory', BUS, [part({ cache: true })], 'REDIS_URL'],
    ['it runs all services', BUS, [part({}), part({})], 'in this one process'],
  ])('a process has no second worker when %s', (_why, env, parts, named) => {
    expect(() => plan({ ...env, WORKERS: '2' }, parts)).toThrow(named);
    expect(() => plan({ ...env, MAX_REQUESTS: '10' }, parts)).toThrow(named);
    expect(plan({ ...env, WORKERS: 'auto' }, parts)).toBeNull();
  });

  it.each([
    [{ WORKERS: '0' }, 'WORKERS'],
    [{ WORKERS: 'many' }, 'WORKERS'],
    [{ MAX_REQUESTS_JITTER: '5' }, 'MAX_REQUESTS_JITTER'],
  ])('a plan is refused when it means nothing: %o', (env, named) => {
    expect(() => plan({ ...BUS, ...env })).toThrow(named);
  });
});
