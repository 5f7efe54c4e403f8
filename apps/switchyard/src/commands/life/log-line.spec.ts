import { expect, it } from 'vitest';
import { readableLine } from './log-line.js';

it('a line of the log is for people when it is JSON, and stays as it is when it is not', () => {
  const line = '{"level":40,"time":1782129600000,"service":"x","msg":"slow","upstream":"a"}';
  expect(readableLine(line)).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn  slow upstream=a$/);
  expect(readableLine('Switchyard is ready')).toBe('Switchyard is ready');
});
