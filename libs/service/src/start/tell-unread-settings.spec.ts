import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { tellUnreadSettings } from './tell-unread-settings.js';

const warningsOf = (env: Record<string, string>): string[] => {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level: 'warn' });
  logger.warn = ((line: string) => void lines.push(line)) as typeof logger.warn;
  tellUnreadSettings(env, logger);
  return lines;
};

describe('the warning of settings that nothing reads', () => {
  it('the warning of unread settings names each that is set, and what to use instead, in one line without values', () => {
    const env = { GUNICORN_WORKERS: '24', MCP_LIST_PAGE_SIZE: '100', CORS_ENABLED: 'planted-value', TOOL_TIMEOUT: '5' };
    const [line, ...more] = warningsOf(env);
    expect(more).toEqual([]);
    expect(line).toContain('GUNICORN_WORKERS (`WORKERS`, or replicas of a service');
    expect(line).toContain('MCP_LIST_PAGE_SIZE (`LIST_PAGE_SIZE`');
    expect(line).toContain('CORS_ENABLED (`ALLOWED_ORIGINS`)');
    expect(line).not.toMatch(/TOOL_TIMEOUT \(|planted-value/);
  });

  it('the warning of unread settings is not given when none is set, or those that are set are empty', () => {
    expect(warningsOf({ TOOL_TIMEOUT: '5', GUNICORN_WORKERS: '' })).toEqual([]);
  });

  it('the warning of unread settings names every one that the page calls unread', () => {
    const page = readFileSync(
      resolve(import.meta.dirname, '../../../../docs/reference/contextforge-settings.md'),
      'utf8',
    );
    const names = [...page.matchAll(/^\| `(\w+)` \| unread \|/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(100);
    const [line = ''] = warningsOf(Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(names.filter((name) => !line.includes(`${name} (`))).toEqual([]);
  });
});
