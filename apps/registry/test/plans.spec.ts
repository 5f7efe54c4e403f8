import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { HealthRepository } from '../src/refresh/health/health.repository.js';
import { registryDatabase } from '../src/registry.database.js';
import { filledId, filling } from './filling.js';
import { type Registry, RegistryBench, tool, upstream, userOf } from './given-registry.js';

/** Those of which there are a hundred thousand rows, or nearly. */
const LARGE = new Set(['entry', 'server_entry', 'switched_off', 'tool_change']);

/** Of one table, by one statement: ten times the longest page. */
const ROWS_MAX = 5_000;

let bench: RegistryBench;
let registry: Registry;
let log: string;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const PLANS_ARE_NOT_LOGGED = 'SET auto_explain.log_min_duration = -1';

/** Has Postgres write down how it ran each statement from now on, on connections that are made from now on. */
const EXPLAINING = [
  `ALTER DATABASE postgres SET session_preload_libraries = 'auto_explain'`,
  `ALTER DATABASE postgres SET auto_explain.log_min_duration = 0`,
  `ALTER DATABASE postgres SET auto_explain.log_format = 'json'`,
  `ALTER DATABASE postgres SET auto_explain.log_analyze = on`,
  `ALTER DATABASE postgres SET auto_explain.log_timing = off`,
  // Not what a plan costs at so few rows, but which there is.
  `ALTER DATABASE postgres SET jit = off`,
];

beforeAll(async () => {
  bench = await RegistryBench.open();
  for (const statement of EXPLAINING) await bench.query(statement);
  registry = await bench.registry(undefined, { HEALTH_CHECK_INTERVAL: '0' });
  registry.around.principals.set('member', userOf('owner7@example.com', ['team7', 'team8']));
  const { id } = await registry.register('model', upstream({ tools: [tool('model')] }));
  const made = await registry.ask('POST', '/servers', { server: { name: 'model', associated_tools: ['model-model'] } });
  expect([typeof id, made.status]).toEqual(['string', 201]);
  // From then on it is led by what changes.
  await registry.describe();
  await bench.query([PLANS_ARE_NOT_LOGGED, ...filling(1, 2_000)].join(';\n'));
  log = bench.postgresLog;
}, 300_000);
afterAll(() => bench.close());

/** How each statement was run that a request of a caller led to. */
const plansOf = async (ask: () => Promise<unknown>): Promise<{ text: string; nodes: Node[] }[]> => {
  const before = fs.statSync(log).size;
  await ask();
  const written = fs.readFileSync(log).subarray(before).toString();
  return [...written.matchAll(/ plan:\n((?:\t.*\n)+)/g)].map(([, json = '']) => {
    const { 'Query Text': text, Plan: plan } = JSON.parse(json.replaceAll(/^\t/gm, '')) as {
      'Query Text': string;
      Plan: Plan;
    };
    return { text, nodes: nodesOf(plan) };
  });
};

interface Node {
  readonly type: string;
  readonly table: string | undefined;
  /** Rows that were looked at, in all its loops. */
  readonly rows: number;
}

const nodesOf = (plan: Plan): Node[] => {
  const loops = plan['Actual Loops'] ?? 1;
  const rows = ((plan['Actual Rows'] ?? 0) + (plan['Rows Removed by Filter'] ?? 0)) * loops;
  return [{ type: plan['Node Type'], table: plan['Relation Name'], rows }, ...(plan.Plans ?? []).flatMap(nodesOf)];
};

/** Of a gateway that everybody may see. */
const TOOL = filledId('entry6/1');
const GATEWAY = filledId('gateway6');
const SERVER = filledId('server6');

/** What was read of tables where many rows were, or all of a large one. */
const wideIn = (plans: Awaited<ReturnType<typeof plansOf>>): string[] =>
  plans.flatMap(({ text, nodes }) =>
    nodes
      .filter(({ table, type, rows }) => rows > ROWS_MAX || (type === 'Seq Scan' && LARGE.has(table ?? '')))
      .map(({ type, table, rows }) => `${type} of ${table}: ${rows} rows: ${text}`),
  );

it.each([
  ['admin', '/tools?limit=50'],
  ['admin', '/tools?limit=500&include_inactive=true'],
  ['admin', '/tools?include_pagination=true&cursor=CURSOR'],
  ['admin', '/tools?limit=50&tags=tag7'],
  ['admin', '/tools?limit=50&tags=tag7,tag8%2Btag9'],
  ['admin', '/tools?limit=50&gateway_id=GATEWAY'],
  ['admin', '/tools?limit=50&visibility=private'],
  ['admin', '/tools?limit=50&team_id=team7'],
  ['member', '/tools?limit=50'],
  ['member', '/tools?limit=50&visibility=private'],
  ['member', '/tools?limit=50&team_id=team7'],
  ['admin', '/tools/TOOL'],
  ['admin', '/prompts?limit=50'],
  ['admin', '/resources?limit=50'],
  ['admin', '/resources/templates/list'],
  ['admin', '/gateways?limit=50'],
  ['admin', '/gateways?limit=50&tags=tag7'],
  ['member', '/gateways?limit=50'],
  ['member', '/gateways?limit=50&visibility=private'],
  ['admin', '/gateways/GATEWAY'],
  ['admin', '/gateways/GATEWAY/impact-preview'],
  ['admin', '/servers?limit=50'],
  ['admin', '/servers?limit=50&tags=tag7'],
  ['member', '/servers?limit=50&visibility=private'],
  ['admin', '/servers/SERVER'],
  ['admin', '/servers/SERVER/tools'],
  ['admin', '/changes?limit=50'],
  ['admin', '/changes?limit=50&gateway_id=GATEWAY'],
  ['admin', '/changes?limit=50&tool=tool_7'],
  ['admin', '/changes?limit=50&state=pending'],
  ['member', '/changes?limit=50'],
  ['admin', '/tags?entity_types=tools'],
  ['admin', '/tags/tag7/entities'],
])('the registry reads no more than it shows, as %s, when it is asked for %s', async (who, path) => {
  const cursor = Buffer.from('after:150000').toString('base64url');
  const asked = path
    .replace('TOOL', TOOL)
    .replace('GATEWAY', GATEWAY)
    .replace('SERVER', SERVER)
    .replace('CURSOR', cursor);
  let status = 0;
  const plans = await plansOf(async () => ({ status } = await registry.ask('GET', asked, undefined, who)));
  expect(status).toBe(200);
  expect(plans.length).toBeGreaterThan(0);
  expect(wideIn(plans)).toEqual([]);
});

it.each<[string, () => Promise<unknown>]>([
  ['a tool is switched off', () => registry.ask('POST', `/tools/${TOOL}/state?activate=false`)],
  ['a tool is switched on', () => registry.ask('POST', `/tools/${TOOL}/state?activate=true`)],
  [
    'a tool is called otherwise',
    () => registry.ask('PUT', `/tools/${TOOL}`, { customName: 'another', tags: ['tag7'] }),
  ],
  ['a gateway is registered', () => registry.register('one more', upstream({ tools: [tool('a'), tool('b')] }))],
  ['a gateway is renamed', () => registry.ask('PUT', `/gateways/${GATEWAY}`, { description: 'other' })],
  ['a virtual server is chosen for', () => registry.ask('PUT', `/servers/${SERVER}`, { associatedTools: [TOOL] })],
  ['a virtual server is described', () => registry.describe(SERVER)],
  ['an upstream is resolved', () => registry.resolve(GATEWAY)],
  ['a gateway is removed', () => registry.ask('DELETE', `/gateways/${filledId('gateway9')}`)],
])('the registry reads no more than it needs when %s', async (_, act) => {
  const plans = await plansOf(async () => {
    const answer = await act();
    const status = (answer as { status?: number }).status ?? 200;
    expect([status, status < 300 ? '' : JSON.stringify(answer)]).toEqual([status, '']);
  });
  expect(plans.length).toBeGreaterThan(0);
  expect(wideIn(plans)).toEqual([]);
});

it('the registry looks at the gateways alone whose turn to be checked it is', async () => {
  const due = [filledId('gateway11'), filledId('gateway12')];
  for (const statement of [
    'UPDATE registry.gateway SET refreshed_at = now()',
    `UPDATE registry.gateway SET refreshed_at = now() - interval '2 h' WHERE id IN ('${due.join(`', '`)}')`,
    `UPDATE registry.gateway SET refreshed_at = now() - interval '5 min', check_failures = 1 WHERE id = '${filledId('gateway13')}'`,
    'VACUUM ANALYZE registry.gateway',
  ])
    await bench.query(statement);
  const location = { socketDir: bench.socketDir };
  const database = await openDatabase({
    ...registryDatabase,
    location,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  try {
    const gateways = new HealthRepository(database);
    let claimed: readonly { readonly id: string }[] = [];
    const plans = await plansOf(async () => {
      claimed = await gateways.claimDue({ intervalMs: 3_600_000, failingIntervalMs: 60_000 }, 20);
    });
    expect(claimed.map(({ id }) => id).sort()).toEqual([...due, filledId('gateway13')].sort());
    const looked = plans.flatMap(({ nodes }) => nodes).filter(({ table }) => table === 'gateway');
    expect(looked.filter(({ type, rows }) => type === 'Seq Scan' || rows > 20)).toEqual([]);
    expect(looked.length).toBeGreaterThan(0);
  } finally {
    await database.destroy();
  }
});
