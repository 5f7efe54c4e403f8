import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '#libs/config';
import { metricsOptions } from '../metrics.config.js';
import { metricsSettings } from '../metrics.settings.js';
import { KeptSumsService } from './kept-sums.service.js';

const given = (env: Record<string, string> = {}) =>
  new KeptSumsService(metricsSettings(parseConfig(metricsOptions, env)));

let reads: number;
const read = async (): Promise<object> => ({ reads: ++reads });

describe('KeptSumsService', () => {
  beforeEach(() => {
    reads = 0;
  });

  it('KeptSumsService reads once for all who ask the same when nothing is written', async () => {
    const sums = given();
    const both = await Promise.all([sums.of('24:5', read), sums.of('24:5', read)]);
    expect([...both, await sums.of('24:5', read)]).toEqual([{ reads: 1 }, { reads: 1 }, { reads: 1 }]);
    expect(await sums.of('24:10', read)).toEqual({ reads: 2 });
  });

  it('KeptSumsService reads again when something was written, also while it read', async () => {
    const sums = given();
    const slow = Promise.withResolvers<object>();
    const before = sums.of('24:5', () => slow.promise);
    sums.drop();
    slow.resolve({ reads: 0 });
    expect(await before).toEqual({ reads: 0 });
    expect(await sums.of('24:5', read)).toEqual({ reads: 1 });
    sums.drop();
    expect(await sums.of('24:5', read)).toEqual({ reads: 2 });
  });

  it('KeptSumsService reads again when its time is over', async () => {
    const sums = given({ METRICS_CACHE_TTL_SECONDS: '1' });
    expect(await sums.of('24:5', read)).toEqual({ reads: 1 });
    await vi.waitFor(async () => expect(await sums.of('24:5', read)).toEqual({ reads: 2 }));
  });

  it('KeptSumsService keeps nothing when reading failed, or when that is switched off', async () => {
    const [sums, off] = [given(), given({ METRICS_CACHE_ENABLED: 'false' })];
    await expect(sums.of('24:5', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await sums.of('24:5', read)).toEqual({ reads: 1 });
    await off.of('24:5', read);
    expect(await off.of('24:5', read)).toEqual({ reads: 3 });
  });
});
