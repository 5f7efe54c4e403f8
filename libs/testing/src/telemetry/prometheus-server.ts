import fs from 'node:fs';
import path from 'node:path';
import { ChildServer } from '../child-server.js';
import { freePort } from '../free-port.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Who is scraped, and as whom. */
export interface ScrapeTarget {
  /** The label `job`. */
  readonly job: string;
  readonly url: string;
}

/** A value of an instant vector. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusServer {
  /** What an expression gives now. Rejects with what Prometheus has against it. */
  query(expression: string): Promise<readonly Sample[]>;
  /** The labels of the exemplars that it keeps of the series of a selector. */
  exemplars(selector: string): Promise<readonly Readonly<Record<string, string>>[]>;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  /** More of its feature flags. */
  readonly features?: readonly string[];
  /** The text of a file of rules, which are looked at every second. */
  readonly rules?: string;
  /** Where alerts are sent. */
  readonly alertmanager?: string;
}

/** A Prometheus of one's own, which scrapes `/internal/metrics` of its targets every second. */
export const startPrometheus = async (
  targets: readonly ScrapeTarget[],
  { features = [], rules, alertmanager }: PrometheusOptions = {},
): Promise<PrometheusServer> => {
  const [port, folder] = [await freePort(), temporaryFolder('prometheus')];
  const url = `http://127.0.0.1:${port}`;
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    ...(rules !== undefined && { rule_files: [path.join(folder, 'rules.yaml')] }),
    ...(alertmanager !== undefined && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager).host] }] }] },
    }),
    scrape_configs: targets.map(({ job, url: target }) => ({
      job_name: job,
      metrics_path: '/internal/metrics',
      static_configs: [{ targets: [new URL(target).host] }],
    })),
  };
  if (rules !== undefined) fs.writeFileSync(path.join(folder, 'rules.yaml'), rules);
  // JSON is YAML.
  fs.writeFileSync(path.join(folder, 'prometheus.yml'), JSON.stringify(config));
  const server = new ChildServer({
    command: 'prometheus',
    args: [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--enable-feature=${['exemplar-storage', ...features].join(',')}`,
      '--log.level=warn',
    ],
    probe: async () => {
      if (!(await fetch(`${url}/-/ready`)).ok) throw new Error('not ready');
    },
  });
  await server.start();
  return {
    query: async (expression) => {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const answer = (await response.json()) as Answer;
      if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
    },
    exemplars: async (expression) => {
      const now = Date.now() / 1_000;
      const range = `start=${now - 3_600}&end=${now}`;
      const response = await fetch(`${url}/api/v1/query_exemplars?query=${encodeURIComponent(expression)}&${range}`);
      const { data } = (await response.json()) as {
        data: readonly { exemplars: readonly { labels: Readonly<Record<string, string>> }[] }[];
      };
      return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
    },
    stop: async () => {
      await server.kill();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
  };
}
