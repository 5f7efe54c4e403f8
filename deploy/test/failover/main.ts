import { parseArgs } from 'node:util';
import { natsCluster } from './nats-cluster.js';
import { postgresPair } from './postgres-pair.js';
import { redisCluster, redisSentinel } from './redis.js';
import { runFailover } from './run.js';
import type { Stores } from './stores.js';

const KINDS: Readonly<Record<string, () => Promise<Stores>>> = {
  'nats-leave': () => natsCluster('leave'),
  'nats-kill': () => natsCluster('kill'),
  'redis-sentinel': redisSentinel,
  'redis-cluster': redisCluster,
  postgres: postgresPair,
};

const USAGE = `npm run failover -- [--only ${Object.keys(KINDS).join('|')}] [--losses N]

Five services with stores that outlive the loss of a process: clients call and an operator registers while the one that has the
say is lost and mended N times, two by default. Then what clients were told, what the upstream ran and what was recorded is compared,
call by call. Needs nats-server, redis-server and redis-cli, PostgreSQL's programs, and haproxy.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(KINDS) },
    losses: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
const losses = Number(values.losses);
if (values.help || !(losses > 0) || values.only.some((kind) => KINDS[kind] === undefined)) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

let flawed = false;
for (const kind of values.only) {
  const stores = await KINDS[kind]?.();
  if (stores === undefined) continue;
  try {
    const run = await runFailover(stores, losses);
    console.log(JSON.stringify({ kind, ...run, flaws: run.flaws.length }));
    for (const flaw of run.flaws) console.log(`FLAW ${kind}: ${flaw}`);
    flawed ||= run.flaws.length > 0;
  } finally {
    await stores.stop();
  }
}
process.exitCode = flawed ? 1 : 0;
