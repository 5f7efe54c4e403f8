import { describe, expect, it } from 'vitest';
import { dashboards } from '../grafana/source/dashboards.js';

const all = Object.entries(dashboards);

describe('the dashboards', () => {
  it('the dashboards lead to each other, with the time that is looked at, when they are shown', () => {
    expect(new Set(all.map(([, { uid }]) => uid)).size).toBe(all.length);
    for (const [, { tags, links }] of all) expect(links).toMatchObject([{ tags, keepTime: true, includeVars: true }]);
  });

  it.each(all)(
    'the dashboard "%s" has diagrams that stand beside each other when Grafana lays them out',
    (_name, board) => {
      const { panels } = board;
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
      expect(new Set(places).size).toBe(panels.length);
      for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (const { targets } of panels)
        expect(targets.every(({ expr, legendFormat }) => expr && legendFormat)).toBe(true);
    },
  );

  it.each(all)(
    'the dashboard "%s" uses each of its choices, and no other, when it asks',
    (_name, { panels, templating }) => {
      const used = panels.flatMap(({ targets }) =>
        targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name = '']) => name)),
      );
      const chosen = templating.list.map(({ name }) => name).filter((name) => name !== 'datasource');
      expect([...new Set(used)].filter((name) => !name.startsWith('__')).sort()).toEqual(chosen.sort());
    },
  );
});
