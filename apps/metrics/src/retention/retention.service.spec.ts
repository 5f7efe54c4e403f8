import { expect, it, vi } from 'vitest';
import type { Logger } from '#libs/telemetry';
import type { MetricsSettings } from '../metrics.settings.js';
import type { DaysRepository } from './days.repository.js';
import type { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

it('RetentionService deletes what is old when the partition of a day cannot be made', async () => {
  const failure = new Error('no room');
  const days = { prepare: () => Promise.reject(failure), dropBefore: vi.fn(async () => 1) };
  const records = { deleteOlder: vi.fn(async () => 2) };
  const logger = { warn: vi.fn(), info: vi.fn() };
  const settings = { callRetentionMs: 1_000, rollupRetentionMs: 2_000 };
  const service = new RetentionService(
    records as unknown as RetentionRepository,
    days as unknown as DaysRepository,
    settings as MetricsSettings,
    logger as unknown as Logger,
  );
  await service.cleanUp(5_000);
  expect(days.dropBefore).toHaveBeenCalledWith(4_000);
  expect(records.deleteOlder).toHaveBeenCalledWith({ callsBefore: new Date(4_000), hoursBefore: new Date(3_000) });
  expect(logger.warn).toHaveBeenCalledWith({ err: failure }, expect.stringContaining('partitions'));
  expect(logger.info).toHaveBeenCalledWith({ days: 1, calls: 2 }, expect.any(String));
});
