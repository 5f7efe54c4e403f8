import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing';

const cwd = resolve(import.meta.dirname, '../prometheus');
const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd, encoding: 'utf8' });

describe('the Prometheus of the Compose file', () => {
  it('the Prometheus of the Compose file takes its configuration when promtool checks it', () => {
    const folder = temporaryFolder('prometheus-config');
    const shipped = readFileSync(resolve(cwd, '../../docker/monitoring/prometheus.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'prometheus.yaml'),
      shipped.replace('/etc/prometheus/rules.yaml', join(cwd, 'rules.yaml')),
    );
    const { status, stderr } = promtool('check', 'config', join(folder, 'prometheus.yaml'));
    rmSync(folder, { recursive: true });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('the Alertmanager of the Compose file', () => {
  it('the Alertmanager of the Compose file takes its configuration when amtool checks it', () => {
    const folder = temporaryFolder('alertmanager-config');
    const shipped = readFileSync(resolve(cwd, '../../docker/monitoring/alertmanager.yaml'), 'utf8');
    // Debian's is of before URLs could be in files.
    const file = join(folder, 'alertmanager.yaml');
    writeFileSync(file, shipped.replace('url_file: /run/secrets/alert_webhook_url', 'url: http://127.0.0.1:9/'));
    const { status, stdout } = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect([status, stdout]).toEqual([0, expect.stringContaining('SUCCESS')]);
    expect(stdout).toContain('1 receivers');
  });
});

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
