import fs from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const docker = path.resolve(import.meta.dirname, '../../docker');
const read = (file: string): string => fs.readFileSync(path.join(docker, file), 'utf8');

interface Service {
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly volumes?: readonly string[];
}
const { services } = parse(read('compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const OURS = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'];

interface ScrapeConfig {
  readonly job_name: string;
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
  readonly static_configs?: readonly { readonly targets: readonly string[] }[];
}
const { scrape_configs: scrapes } = parse(read('monitoring/prometheus.yaml')) as {
  readonly scrape_configs: readonly ScrapeConfig[];
};

interface Datasource {
  readonly uid: string;
  readonly type: string;
  readonly url: string;
  readonly jsonData: unknown;
}
const { datasources } = parse(read('monitoring/grafana/datasources/datasources.yaml')) as {
  readonly datasources: readonly Datasource[];
};

describe('the profile `monitoring`', () => {
  it('the profile `monitoring` scrapes every replica of every service when Prometheus asks for its name', () => {
    const ours = scrapes.filter(({ dns_sd_configs }) => dns_sd_configs !== undefined);
    expect(ours.map(({ job_name }) => job_name)).toEqual(OURS);
    for (const { job_name, dns_sd_configs: [found] = [] } of ours) {
      expect(found?.names).toEqual([job_name]);
      expect(services[job_name]?.environment?.['METRICS_PORT']).toBe(String(found?.port));
    }
  });

  it('the profile `monitoring` scrapes everything else that it starts, but for Grafana', () => {
    const targets = scrapes.flatMap(({ static_configs: [one] = [] }) => one?.targets ?? []);
    const hosts = targets.map((target) => target.split(':')[0]).filter((host) => host !== 'localhost');
    const started = Object.entries(services)
      .filter(([, { profiles }]) => profiles?.includes('monitoring'))
      .map(([name]) => name);
    expect(started).toEqual(expect.arrayContaining(hosts));
    const besides = ['grafana', 'postgres-monitoring-role', 'prometheus'];
    expect([...hosts, ...besides].toSorted()).toEqual(started.toSorted());
  });

  it('the profile `monitoring` has services send lines and spans to what it starts when its settings are used', () => {
    const settings = parseEnv(read('monitoring/settings.env')) as Record<string, string>;
    const known = fs.readFileSync(path.join(docker, '../docs/reference/settings.md'), 'utf8');
    for (const name of Object.keys(settings)) expect(known).toContain(`| \`${name}\` |`);
    const jaeger = parse(read('monitoring/jaeger.yaml')) as {
      readonly receivers: { readonly otlp: { readonly protocols: { readonly http: { readonly endpoint: string } } } };
    };
    const loki = parse(read('monitoring/loki.yaml')) as { readonly server: { readonly http_listen_port: number } };
    const traces = new URL(settings['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? '');
    expect([traces.hostname, `0.0.0.0:${traces.port}`]).toEqual([
      'jaeger',
      jaeger.receivers.otlp.protocols.http.endpoint,
    ]);
    const logs = new URL(settings['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'] ?? '');
    expect([logs.hostname, Number(logs.port)]).toEqual(['loki', loki.server.http_listen_port]);
  });

  it('the profile `monitoring` leads from lines and from exemplars to traces, and back, when Grafana shows them', () => {
    expect(datasources.map(({ type }) => type)).toEqual(['prometheus', 'loki', 'jaeger']);
    for (const { url } of datasources) expect(services).toHaveProperty([new URL(url).hostname]);
    const [prometheus, loki, jaeger] = datasources.map(({ jsonData }) => jsonData);
    expect(prometheus).toMatchObject({
      exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: datasources[2]?.uid }],
    });
    expect(loki).toMatchObject({ derivedFields: [{ matcherRegex: 'trace_id', datasourceUid: datasources[2]?.uid }] });
    expect(jaeger).toMatchObject({ tracesToLogsV2: { datasourceUid: datasources[1]?.uid } });
  });

  it('the profile `monitoring` shows the dashboards of deploy/grafana where Grafana looks for them', () => {
    const { providers } = parse(read('monitoring/grafana/dashboards/dashboards.yaml')) as {
      readonly providers: readonly { readonly options: { readonly path: string } }[];
    };
    const folder = providers[0]?.options.path ?? '';
    expect(services['grafana']?.volumes).toContain(`../deploy/grafana:${folder}:ro`);
    const home = services['grafana']?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(fs.existsSync(path.join(docker, '../deploy/grafana', path.relative(folder, home)))).toBe(true);
  });
});
