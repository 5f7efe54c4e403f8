import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Alertmanager, type PrometheusServer, startAlertmanager, startPrometheus } from '#libs/testing';
import { type MetricsService, startMetrics } from './metrics-service.js';

const shipped = (file: string): string => readFileSync(join(import.meta.dirname, '../../..', file), 'utf8');
const rules = shipped('deploy/prometheus/rules.yaml');
const SOON = { interval: 200 };

let metrics: MetricsService;
let alertmanager: Alertmanager;
let prometheus: PrometheusServer;
let webhook: Server;
/** What the webhook was told: which alert, and whether it fires or is over. */
const told: string[] = [];
let stopped: readonly number[] = [];

/** PostgreSQL's own process and those that serve connections. */
const processesOfPostgres = async (): Promise<number[]> => {
  const [row] = await metrics.database.query<{ folder: string }[]>(
    "SELECT current_setting('data_directory') AS folder",
  );
  const pid = Number(readFileSync(join(row?.folder ?? '', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return [pid, ...children];
};
const signal = (pids: readonly number[], name: 'SIGSTOP' | 'SIGCONT'): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // One that has ended meanwhile.
    }
  }
};
const firing = async (): Promise<string[]> =>
  (await prometheus.query('ALERTS{alertname="StoreAway", alertstate="firing"}')).map(
    ({ metric }) => `${metric['job']} ${metric['dependency']}`,
  );

interface Notification {
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

beforeAll(async () => {
  webhook = createServer(async (request, response) => {
    for (const { status, labels } of ((await json(request)) as Notification).alerts)
      if (labels['alertname'] === 'StoreAway') told.push(`${labels['job']} ${labels['dependency']} ${status}`);
    response.end();
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  // As it is shipped, but for where it sends alerts and how long it waits for others like them.
  const routing = shipped('docker/monitoring/alertmanager.yaml')
    .replace(
      'url_file: /run/secrets/alert_webhook_url',
      `url: http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
    )
    .replaceAll(/group_(wait|interval): \w+/g, 'group_$1: 1s');
  alertmanager = await startAlertmanager(routing);
  metrics = await startMetrics({ INTERNAL_METRICS: 'private' });
  // The alerts as they are shipped, but for how long it has to have been so.
  const impatient = rules.replaceAll(/^( +)for: \w+$/gm, '$1for: 2s');
  prometheus = await startPrometheus([{ job: 'metrics', url: metrics.running.url }], {
    rules: impatient,
    alertmanager: alertmanager.url,
  });
});
afterAll(async () => {
  signal(stopped, 'SIGCONT');
  await prometheus?.stop();
  await alertmanager?.stop();
  await metrics?.stop();
  await new Promise((resolve) => webhook.close(resolve));
});

it('the alert for a store fires while PostgreSQL is away, ends when it is back, and its receiver is told of both', async () => {
  const isUp = async () =>
    (await prometheus.query('switchyard_dependency_up{dependency="database"}')).map(({ value }) => value);
  await expect.poll(isUp, SOON).toEqual([1]);
  expect(await firing()).toEqual([]);
  stopped = await processesOfPostgres();
  signal(stopped, 'SIGSTOP');
  await expect.poll(firing, SOON).toEqual(['metrics database']);
  await expect.poll(() => told, SOON).toContain('metrics database firing');
  signal(stopped, 'SIGCONT');
  await expect.poll(firing, SOON).toEqual([]);
  await expect.poll(isUp, SOON).toEqual([1]);
  await expect.poll(() => told, SOON).toContain('metrics database resolved');
});
