import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const source = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.spec.ts'))
  .map(read)
  .join('\n');
/** What Prometheus makes itself of every scrape. */
const OF_PROMETHEUS = new Set(['up']);

/** The series that a query names: words that are neither functions, nor labels, nor within quotes or braces. */
const seriesIn = (query: string): string[] => {
  const bare = query
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
    .replaceAll(/\b(?:by|on|group_left|ignoring|without)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/[a-z_][a-z0-9_]*(?!\s*\()\b/g)]
    .map(([name]) => name)
    .filter((name) => name.includes('_') || name === 'up');
};
const isShown = (series: string): boolean =>
  OF_PROMETHEUS.has(series) || source.includes(`'${series.replace(/_(?:bucket|sum|count)$/, '')}'`);

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const alerts = (parse(read('deploy/prometheus/rules.yaml')) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ alert, expr }) => [alert, expr] as const),
);
const panels = globSync('deploy/grafana/*.json', { cwd: root }).flatMap((path) =>
  (JSON.parse(read(path)) as Dashboard).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  ),
);

describe('series that operators are shown', () => {
  it.each(alerts)('the alert %s asks for series that a service has', (_alert, expr) => {
    expect(seriesIn(expr)).not.toEqual([]);
    expect(seriesIn(expr).filter((series) => !isShown(series))).toEqual([]);
  });

  it.each(panels)('the panel "%s" asks for series that a service has', (_title, expr) => {
    expect(seriesIn(expr)).not.toEqual([]);
    expect(seriesIn(expr).filter((series) => !isShown(series))).toEqual([]);
  });
});
