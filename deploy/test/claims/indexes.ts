import { percentile } from '../soak/slopes.js';
import { TOOLS_PER_GATEWAY, filledId, filling } from '../../../apps/registry/test/filling.js';
import { type Registry, RegistryBench, tool, upstream, userOf } from '../../../apps/registry/test/given-registry.js';

const FEW = 20;
const MANY = 2_000;
const ROUNDS = 15;

/** Of the lists with filters and of look-ups: each time another filter where there are others, so that nothing is answered from what was asked before. */
const LISTS: Readonly<Record<string, (round: number) => string>> = {
  'a page': (round) => `/tools?limit=${50 + round}`,
  'of a gateway': (round) => `/tools?limit=50&gateway_id=${filledId(`gateway${3 + 3 * (round % 6)}`)}`,
  'with a tag': (round) => `/tools?limit=50&tags=tag${3 + 3 * (round % 6)}`,
  'of a team': (round) => `/tools?limit=50&team_id=team${1 + 3 * (round % 6)}`,
  'changes of a tool by name': (round) => `/changes?limit=50&tool=tool_${1 + round}`,
};

/** Those that no constraint stands on. */
const WITHOUT_INDEXES = `DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT indexrelid::regclass AS name FROM pg_index JOIN pg_class ON oid = indexrelid
    WHERE relnamespace = 'registry'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
  LOOP EXECUTE 'DROP INDEX ' || each.name; END LOOP;
END $$`;

/** Of each list the median of some, one after the other, over REST. */
const listsMs = async (registry: Registry): Promise<Record<string, number>> => {
  const taken: Record<string, number> = {};
  for (const [name, pathOf] of Object.entries(LISTS)) {
    const each: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const path = pathOf(round);
      const askedAtMs = performance.now();
      const { status, body } = await registry.ask('GET', path);
      each.push(performance.now() - askedAtMs);
      if (status !== 200 || body.length === 0)
        throw new Error(`${path}: ${status}, ${JSON.stringify(body).slice(0, 200)}`);
    }
    taken[name] = Number(percentile(each, 0.5).toFixed(1));
  }
  return taken;
};

/** What lists with filters take among a thousand tools, a hundred thousand, and so many without indexes: medians in milliseconds. */
export const measureIndexes = async (): Promise<Readonly<Record<string, unknown>>> => {
  const bench = await RegistryBench.open();
  try {
    const registry = await bench.registry(undefined, { HEALTH_CHECK_INTERVAL: '0', REGISTRY_CACHE_ENABLED: 'false' });
    registry.around.principals.set('member', userOf('owner7@example.com', ['team7']));
    await registry.register('model', upstream({ tools: [tool('model')] }));
    await registry.ask('POST', '/servers', { server: { name: 'model', associated_tools: ['model-model'] } });
    await registry.describe();
    const fill = async (first: number, last: number): Promise<void> => bench.query(filling(first, last).join(';\n'));
    await fill(1, FEW);
    const few = await listsMs(registry);
    await fill(FEW + 1, MANY);
    const many = await listsMs(registry);
    await bench.query(WITHOUT_INDEXES);
    const without = await listsMs(registry);
    const table = (tools: number, taken: Record<string, number>) => ({ tools: tools * TOOLS_PER_GATEWAY, ms: taken });
    return { few: table(FEW, few), many: table(MANY, many), withoutIndexes: table(MANY, without) };
  } finally {
    await bench.close();
  }
};
