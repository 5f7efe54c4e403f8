import { expect, it, vi } from 'vitest';
import type { Principal } from '#contracts/auth/principal';
import type { PlatformConfig } from '#libs/service';
import type { AuditTrailRepository } from '../audit/audit-trail.repository.js';
import type { CallLogRepository } from '../call-log/call-log.repository.js';
import { LinesController } from './lines.controller.js';
import type { LogLinesRepository } from './log-lines.repository.js';
import { LogExportQuery, LogsQuery } from './logs.query.js';
import { LogsService } from './logs.service.js';

const OFF = { STRUCTURED_LOGGING_DATABASE_ENABLED: false } as PlatformConfig;
const CALLER = { teams: null } as Principal;
const lines = { find: vi.fn(), findFrom: vi.fn(), write: vi.fn() };

it('LogsService says which setting is off, and reads nothing, when no lines are kept', async () => {
  const logs = new LogsService(
    lines as unknown as LogLinesRepository,
    {} as CallLogRepository,
    {} as AuditTrailRepository,
    OFF,
  );
  for (const asked of [
    logs.page(new LogsQuery(), CALLER),
    logs.export(new LogExportQuery(), CALLER),
    logs.trace('my-1', CALLER),
  ])
    await expect(asked).rejects.toMatchObject({
      code: 'http.not_found',
      message: expect.stringContaining('STRUCTURED_LOGGING_DATABASE_ENABLED'),
    });
  expect([lines.find, lines.findFrom].map((read) => read.mock.calls)).toEqual([[], []]);
});

it('LinesController takes no line, and says why, when none are kept', async () => {
  const controller = new LinesController(lines as unknown as LogLinesRepository, OFF);
  await expect(controller.record({ lines: [] })).rejects.toMatchObject({ code: 'platform.not_ready' });
  expect(lines.write).not.toHaveBeenCalled();
});
