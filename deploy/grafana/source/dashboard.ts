/** Grafana's names of units. */
export type Unit = 's' | 'bytes' | 'reqps' | 'ops' | 'short' | 'none' | 'percentunit';

/** What is asked of Prometheus, and what the line is called: `{{label}}` stands for its value. */
export type Query = readonly [expression: string, legend: string];

/** A diagram of lines over time. */
export interface Panel {
  readonly title: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
}

/** A choice at the head of a dashboard: of the values that a label has, several or all. */
export interface Variable {
  readonly name: string;
  readonly series: string;
  readonly label: string;
}

/** A dashboard as it is written here. */
export interface Description {
  readonly uid: string;
  readonly title: string;
  readonly variables?: readonly Variable[];
  readonly panels: readonly Panel[];
}

export const panel = (title: string, unit: Unit, ...queries: Query[]): Panel => ({ title, unit, queries });

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const COLUMNS = 2;
const [WIDTH, HEIGHT] = [24 / COLUMNS, 8];
/** All dashboards with it are linked with each other. */
const TAG = 'switchyard';
const WITH_EXEMPLARS = /mcp_(?:server|client)_operation_duration_seconds_bucket/;
const REFS = 'ABCDEFGH';

/** A dashboard as Grafana takes it. https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export const dashboard = ({ uid, title, variables = [], panels }: Description) => ({
  uid: `switchyard-${uid}`,
  title,
  schemaVersion: 39,
  editable: true,
  time: { from: 'now-1h', to: 'now' },
  refresh: '30s',
  tags: [TAG],
  // To the others, with the time that is looked at.
  links: [
    { type: 'dashboards', title: 'Switchyard', tags: [TAG], keepTime: true, includeVars: true, asDropdown: false },
  ],
  templating: {
    list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }, ...variables.map(choiceOf)],
  },
  panels: panels.map(panelOf),
});

const choiceOf = ({ name, series, label }: Variable) => ({
  name,
  type: 'query',
  datasource: DATASOURCE,
  query: { query: `label_values(${series}, ${label})`, refId: name },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
});

const panelOf = ({ title, unit, queries }: Panel, index: number) => ({
  id: index + 1,
  title,
  type: 'timeseries',
  datasource: DATASOURCE,
  gridPos: { x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
  fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
  targets: queries.map(([expr, legendFormat], at) => ({
    refId: REFS.charAt(at),
    expr,
    legendFormat,
    // Dots that lead to the traces of single calls.
    ...(WITH_EXEMPLARS.test(expr) && { exemplar: true }),
  })),
});
