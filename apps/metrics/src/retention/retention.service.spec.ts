import { expect, it, vi } from 'vitest';
import type { PlatformConfig } from '#libs/service';
import type { Logger } from '#libs/telemetry';
import type { MetricsSettings } from '../metrics.settings.js';
import type { DayIndexesRepository } from './day-indexes.repository.js';
import { CALLS, type DaysRepository, LOG_LINES } from './days.repository.js';
import type { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

it('RetentionService deletes what is old when the partition of a day cannot be made', async () => {
  const failure = new Error('no room');
  const days = { prepare: () => Promise.reject(failure), dropBefore: vi.fn(async () => 1) };
  const records = { deleteOlder: vi.fn(async () => ({ calls: 2, lines: 3 })) };
  const indexes = { makeOfDaysOver: vi.fn(async () => 3) };
  const logger = { warn: vi.fn(), info: vi.fn() };
  const settings = { callRetentionMs: 1_000, rollupRetentionMs: 2_000, lineRetentionMs: 3_000 };
  const service = new RetentionService(
    records as unknown as RetentionRepository,
    days as unknown as DaysRepository,
    indexes as unknown as DayIndexesRepository,
    settings as MetricsSettings,
    { STRUCTURED_LOGGING_DATABASE_ENABLED: true } as PlatformConfig,
    logger as unknown as Logger,
  );
  await service.cleanUp(5_000);
  expect(days.dropBefore).toHaveBeenCalledWith(CALLS, 4_000);
  expect(days.dropBefore).toHaveBeenCalledWith(LOG_LINES, 2_000);
  expect(records.deleteOlder).toHaveBeenCalledWith({
    callsBefore: new Date(4_000),
    hoursBefore: new Date(3_000),
    linesBefore: new Date(2_000),
  });
  expect(logger.info).toHaveBeenCalledWith({ indexes: 3 }, expect.any(String));
  for (const table of [CALLS, LOG_LINES])
    expect(logger.warn).toHaveBeenCalledWith({ err: failure, ...table }, expect.stringContaining('partitions'));
  expect(logger.info).toHaveBeenCalledWith({ days: 1, calls: 2 }, expect.any(String));
  expect(logger.info).toHaveBeenCalledWith({ days: 1, lines: 3 }, expect.any(String));
});
