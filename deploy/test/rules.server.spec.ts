import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const cwd = resolve(import.meta.dirname, '../prometheus');
const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd, encoding: 'utf8' });

describe('the alerts', () => {
  it('the alerts are rules that Prometheus takes when it checks them', () => {
    const { status, stdout, stderr } = promtool('check', 'rules', 'rules.yaml');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('the alerts fire when rules.test.yaml says that they do, and not before', () => {
    const { status, stdout, stderr } = promtool('test', 'rules', 'rules.test.yaml');
    expect([status, stdout, stderr]).toEqual([0, expect.stringContaining('SUCCESS'), '']);
  });
});
