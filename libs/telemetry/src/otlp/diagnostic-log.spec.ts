import { expect, it } from 'vitest';
import { createLogger } from '../logging/logger.js';
import { DiagnosticLog } from './diagnostic-log.js';

it('what is not exported is told once a minute, with how often it was not, when the collector is away', () => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const clock = { nowMs: 0 };
  const log = new DiagnosticLog(createLogger({ service: 'test', level: 'warn', destination }), () => clock.nowMs);
  for (let time = 0; time < 5; time++) log.error('connect ECONNREFUSED');
  expect(lines).toMatchObject([{ msg: 'telemetry is not exported', reason: 'connect ECONNREFUSED' }]);
  clock.nowMs = 60_000;
  log.warn('once more');
  expect(lines[1]).toMatchObject({ reason: 'once more', untold: 4 });
});
