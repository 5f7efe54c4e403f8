import fs from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
const chart = path.join(root, 'deploy/helm/switchyard');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

interface Facts {
  readonly stores: readonly string[];
  readonly asks: readonly string[];
  readonly subscribes: readonly string[];
  readonly reachesOutside: boolean;
  readonly secrets: Readonly<Record<string, string>>;
  readonly settings: readonly string[];
}
const { services } = parse(read('deploy/helm/switchyard/generated/services.yaml')) as {
  services: Readonly<Record<string, Facts>>;
};
const schema = JSON.parse(read('deploy/helm/switchyard/values.schema.json')) as object;
const valid = new Ajv2020({ strict: false }).compile(schema);
/** Nothing, or what the schema has against it. */
const complaintsOf = (values: unknown): string[] => {
  valid(values);
  return (valid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

describe('the values of the chart', () => {
  it('the values of the chart are all described by the schema', () => {
    expect(complaintsOf(parse(read('deploy/helm/switchyard/values.yaml')))).toEqual([]);
  });

  it.each(fs.readdirSync(path.join(root, 'deploy/helm/values')))('%s says only what the schema knows', (name) => {
    expect(complaintsOf(parse(read(`deploy/helm/values/${name}`)))).toEqual([]);
  });

  it.each([
    ['a setting that does not exist', { settings: { TOOL_TIMEOUTS: 5 } }],
    [
      'a setting that this service does not read',
      { services: { ingress: { settings: { SSRF_PROTECTION_ENABLED: true } } } },
    ],
    ['a setting outside its range', { settings: { TOOL_TIMEOUT: 0 } }],
    ['a secret among the settings', { settings: { JWT_SECRET_KEY: 'x'.repeat(40) } }],
    ['what the chart sets itself', { settings: { PORT: 80 } }],
    ['a port of a collector that is none', { networkPolicy: { telemetryPorts: [0] } }],
    ['a misspelt member', { edge: { replica: 2 } }],
  ])('the values of the chart are refused when they hold %s', (_what, values) => {
    expect(complaintsOf(values)).not.toEqual([]);
  });
});

describe('the facts that the chart is rendered from', () => {
  const topology = JSON.parse(read('libs/contracts/topology.json')) as Record<
    'asks' | 'subscribes',
    Record<string, string[]>
  >;

  it('the facts that the chart is rendered from have each service with the arrows of the topology', () => {
    const arrows = (of: 'asks' | 'subscribes') =>
      Object.fromEntries(Object.entries(services).map(([name, facts]) => [name, facts[of]]));
    expect(arrows('asks')).toEqual(topology.asks);
    expect(arrows('subscribes')).toEqual(topology.subscribes);
  });

  it('the facts that the chart is rendered from let one service alone reach outside, and it has no store but the bus', () => {
    const outside = Object.entries(services).filter(([, { reachesOutside }]) => reachesOutside);
    expect(outside.map(([name, { stores }]) => [name, stores])).toEqual([['tool-invocation', ['nats']]]);
  });

  it('the facts that the chart is rendered from give each service its own secrets and no others', () => {
    expect(
      Object.fromEntries(Object.entries(services).map(([name, { secrets }]) => [name, Object.keys(secrets)])),
    ).toEqual({
      auth: expect.arrayContaining(['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET']),
      ingress: ['STATE_SECRET', 'STATE_SECRET_PREVIOUS'],
      metrics: ['AUDIT_WEBHOOK_SECRET'],
      registry: [],
      'tool-invocation': [],
    });
  });
});

describe('the templates of the chart', () => {
  const files = fs.readdirSync(path.join(chart, 'templates'), { recursive: true, encoding: 'utf8' });
  const templates = files.filter((name) => /\.(yaml|tpl)$/.test(name)).map((name) => [name] as const);

  it('the templates of the chart name every image so that a digest can be given, and no image themselves', () => {
    const images = templates.flatMap(([name]) =>
      [...read(`deploy/helm/switchyard/templates/${name}`).matchAll(/^\s*image: (.*)$/gm)].map(([, image]) => image),
    );
    expect(images.length).toBeGreaterThan(8);
    expect(images.filter((image) => !image?.startsWith('{{ include "switchyard.image" '))).toEqual([]);
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(complaintsOf({ image: { digest }, edge: { image: { digest } } })).toEqual([]);
    expect(complaintsOf({ image: { digest: 'latest' } })).not.toEqual([]);
  });

  it('the templates of the chart migrate with the role of each service that has one, before an upgrade', () => {
    const job = read('deploy/helm/switchyard/templates/migrate.yaml');
    expect(job).toMatch(/helm\.sh\/hook: \{\{ if \$first \}\}pre-install,\{\{ end \}\}pre-upgrade$/m);
    expect(job).toContain('args: [switchyard, migrate, --only, {{ $name }}]');
  });

  it.each(templates)('%s reads only values that values.yaml has', (name) => {
    const values = parse(read('deploy/helm/switchyard/values.yaml')) as object;
    const text = read(`deploy/helm/switchyard/templates/${name}`);
    const absent = [...text.matchAll(/\.Values\.([\w.]+)/g)]
      .map(([, dotted = '']) => dotted)
      .filter((dotted) => !has(values, dotted.split('.')));
    expect(absent).toEqual([]);
  });
});

const has = (value: unknown, [name, ...others]: readonly string[]): boolean =>
  name === undefined ||
  (typeof value === 'object' &&
    value !== null &&
    name in value &&
    has((value as Record<string, unknown>)[name], others));
