import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { cacheCounts } from '#libs/telemetry';
import { type MetricsSettings, SETTINGS } from '../metrics.settings.js';

/** Answers; there is one for each number of hours and of performers that somebody asks for. */
const KEPT_MAX = 100;

const counts = cacheCounts('metrics');

/**
 * What calls add up to, as it was read: kept until this process has written more of them, or its time is over, which is for
 * what other replicas write.
 */
@Injectable()
export class KeptSumsService {
  private readonly kept: LRUCache<string, Promise<object>> | null;

  constructor(@Inject(SETTINGS) { sumsKeptMs }: MetricsSettings) {
    this.kept = sumsKeptMs === 0 ? null : new LRUCache({ max: KEPT_MAX, ttl: sumsKeptMs });
  }

  /** `key`: all that the answer depends on. Who asks while it is read waits for the same. Rejects as `read` does, and keeps nothing then. */
  async of<Sums extends object>(key: string, read: () => Promise<Sums>): Promise<Sums> {
    const { kept } = this;
    if (kept === null) return read();
    const found = kept.get(key);
    counts[found === undefined ? 'misses' : 'hits']++;
    if (found !== undefined) return found as Promise<Sums>;
    const reading = read();
    kept.set(key, reading);
    try {
      return await reading;
    } catch (error) {
      if (kept.peek(key) === reading) kept.delete(key);
      throw error;
    }
  }

  /** What was read, and what is being read, is no more what stands. */
  drop(): void {
    this.kept?.clear();
  }
}
