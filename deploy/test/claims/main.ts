import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseEnv, promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Redis } from 'ioredis';
import {
  type Gateway,
  freePort,
  startFastUpstream,
  startGateway,
  startLedgerUpstream,
  startMcpDouble,
  startRedisServer,
} from '#libs/testing';
import { costOf, rssOf } from '../../../bench/subject/process-cost.js';
import {
  callLegacy,
  callModern,
  openSession,
  type Called,
  type Target,
} from '../../../apps/switchyard/test/traffic/caller.js';
import { measureConsole } from './console.js';
import { percentile as percentileOf } from '../soak/slopes.js';
import { measureIndexes } from './indexes.js';
import { measureLayers } from './layers.js';
import { measurePages } from './pages.js';
import { measureSwitches } from './switches.js';
import { startWaiting } from './waiting.js';

// npm run claims: measures those lines of docs/operations/claims.md that one machine can tell; the number is that of the line.

const MIB = 1_048_576;
const JSON_TYPE = { 'content-type': 'application/json' };
const tell = (claim: number, figures: object): void => console.log(JSON.stringify({ claim, ...figures }));
const percentile = (values: readonly number[], share: number): number => Math.round(percentileOf(values, share));
const tookMs = ({ startedAtMs, endedAtMs }: Called): number => endedAtMs - startedAtMs;
const endings = (calls: readonly Called[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(calls, ({ ending }) => ending.kind)].map(([kind, of]) => [kind, of.length]));
/** So many at a time. */
const each = async <T>(count: number, atOnce: number, act: (at: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) results[at] = await act(at);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
};

const redis = await startRedisServer();
const ledger = await startLedgerUpstream({ latencyMs: 1_000 });
const fast = await startFastUpstream({ tools: 100 });

/** A virtual server of the ledger alone, which has been called once. */
const ledgerAt = async (gateway: Gateway): Promise<Target> => {
  const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
  const server = await gateway.admin.createServer('the ledger', [registered]);
  const url = `${gateway.url}/servers/${server.id}/mcp`;
  const target: Target = { url, token: gateway.adminToken, hangsAfterMs: 60_000 };
  await callModern(target);
  return target;
};

const withRoom = async (): Promise<void> => {
  const env = { BACKPRESSURE: '2000', TOOL_CONCURRENT_LIMIT: '2000', REDIS_URL: redis.url };
  const gateway = await startGateway({ mode: 'embedded', env });
  try {
    const { pid } = gateway.process('switchyard').server;
    const target = await ledgerAt(gateway);

    const before = rssOf(pid);
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, rssOf(pid))), 50);
    const startedAt = performance.now();
    const calls = await each(1_000, 1_000, () => callModern(target));
    clearInterval(watch);
    tell(4, {
      calls: calls.length,
      eachMs: 1_000,
      endings: endings(calls),
      allMs: Math.round(performance.now() - startedAt),
      rssMiB: Math.round(before / MIB),
      mostMiB: Math.round(most / MIB),
    });

    ledger.latencyMs = 0;
    const asked = await gateway.admin.register({ name: 'fast', url: fast.url });
    const body = Buffer.from(JSON.stringify(await gateway.admin.call('GET', '/tools')));
    const cpu = process.cpuUsage();
    const packed = await promisify(gzip)(body, { level: 5 });
    const { user } = process.cpuUsage(cpu);
    tell(17, {
      tools: 100,
      of: asked.name,
      bytes: body.length,
      gzipBytes: packed.length,
      fewer: `${Math.round(100 - (100 * packed.length) / body.length)} %`,
      cpuUs: user,
    });

    const empty = rssOf(pid);
    const tokens = await Promise.all(
      Array.from({ length: 100 }, () => gateway.tokenFor({ email: 'admin@example.com', isAdmin: true })),
    );
    const of = (at: number): Target => ({ ...target, token: tokens[at % tokens.length] ?? '' });
    const sessions = await each(6_500, 32, (at) => openSession(of(at)));
    const client = new Redis(redis.url);
    const keys = await client.keys('*session*');
    const sample = await Promise.all(keys.slice(0, 200).map((key) => client.memory('USAGE', key)));
    client.disconnect();
    const sum = sample.reduce<number>((total, bytes) => total + (bytes ?? 0), 0);
    tell(24, {
      keys: keys.length,
      bytesPerKey: Math.round(sum / sample.length),
      bytesPerSession: Math.round((sum / sample.length) * (keys.length / sessions.length)),
    });
    const later = await each(2_000, 32, (at) => callLegacy(of(at * 3), sessions[(at * 3) % sessions.length] ?? ''));
    tell(29, {
      sessions: sessions.filter((id) => id !== null).length,
      rssMiB: Math.round(empty / MIB),
      withSessionsMiB: Math.round(rssOf(pid) / MIB),
      calls: endings(later),
      p50Ms: percentile(later.map(tookMs), 0.5),
      p99Ms: percentile(later.map(tookMs), 0.99),
    });
  } finally {
    await gateway.stop();
  }
};

const full = async (): Promise<void> => {
  ledger.latencyMs = 1_500;
  const gateway = await startGateway({ mode: 'embedded', env: { BACKPRESSURE: '64', TOOL_CONCURRENT_LIMIT: '2000' } });
  try {
    const { pid } = gateway.process('switchyard').server;
    const target = await ledgerAt(gateway);
    const before = rssOf(pid);
    const all = each(640, 640, () => callModern(target));
    const health: number[] = [];
    const over = new AbortController();
    void all.then(() => over.abort());
    while (!over.signal.aborted) {
      const askedAt = performance.now();
      await (await fetch(`${gateway.url}/health`)).text();
      health.push(performance.now() - askedAt);
    }
    const calls = await all;
    const refused = calls.filter(({ ending }) => ending.kind === 'refused').map(tookMs);
    ledger.latencyMs = 0;
    const after = await callModern(target);
    tell(5, {
      places: 64,
      calls: calls.length,
      endings: endings(calls),
      refusedP50Ms: percentile(refused, 0.5),
      refusedP99Ms: percentile(refused, 0.99),
      healthP99Ms: percentile(health, 0.99),
      rssMiB: Math.round(before / MIB),
      afterMiB: Math.round(rssOf(pid) / MIB),
      next: after.ending.kind,
    });
  } finally {
    await gateway.stop();
  }
};

/** What is begun once for an upstream whose sessions are slow to begin, and what each call costs then. */
const sessions = async (): Promise<void> => {
  const INITIALIZE_MS = 300;
  let begun = 0;
  const slow = await startMcpDouble({
    name: 'slow',
    tools: [{ name: 'record', description: 'Says what it is told', inputSchema: { type: 'object' } }],
    call: ({ arguments: { id } }) => `"content":[{"type":"text","text":${JSON.stringify(id)}}]`,
    intercept: ({ res, message, id }) => {
      const say = (body: string): void => void res.writeHead(200, JSON_TYPE).end(body);
      // Of an era that begins with a session.
      if (message.method === 'server/discover')
        say(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Method not found"}}`);
      else if (message.method === 'initialize') {
        const session = `slow-${++begun}`;
        const result =
          '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"slow","version":"1"}}';
        setTimeout(() => {
          res.setHeader('mcp-session-id', session);
          say(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
        }, INITIALIZE_MS);
      } else return false;
      return true;
    },
  });
  const gateway = await startGateway({ mode: 'embedded' });
  try {
    const registered = await gateway.admin.register({ name: 'slow', url: slow.url, toolPrefix: '' });
    const server = await gateway.admin.createServer('slow', [registered]);
    const target = { url: `${gateway.url}/servers/${server.id}/mcp`, token: gateway.adminToken, hangsAfterMs: 60_000 };
    const before = begun;
    const first = tookMs(await callModern(target));
    const calls = await each(1_000, 1, () => callModern(target));
    tell(12, {
      initializeMs: INITIALIZE_MS,
      endings: endings(calls),
      firstMs: first,
      p50Ms: percentile(calls.map(tookMs), 0.5),
      sessionsBegunBy1001Calls: begun - before,
    });
  } finally {
    await gateway.stop();
    await slow.stop();
  }
};

/** A call that takes long holds no connection to the database: with two of them, lists are still answered. */
const connections = async (): Promise<void> => {
  ledger.latencyMs = 3_000;
  const gateway = await startGateway({
    mode: 'embedded',
    env: { DB_POOL_SIZE: '2', DB_MAX_OVERFLOW: '0', BACKPRESSURE: '2000', TOOL_CONCURRENT_LIMIT: '2000' },
  });
  try {
    const target = await ledgerAt(gateway);
    const over = new AbortController();
    const all = each(200, 200, () => callModern(target));
    void all.then(() => over.abort());
    const lists: number[] = [];
    while (!over.signal.aborted) {
      const askedAt = performance.now();
      await gateway.admin.call('GET', '/tools');
      lists.push(performance.now() - askedAt);
    }
    tell(13, { poolSize: 2, calls: endings(await all), lists: lists.length, listP99Ms: percentile(lists, 0.99) });
  } finally {
    ledger.latencyMs = 0;
    await gateway.stop();
  }
};

const away = async (): Promise<void> => {
  const waiting = await startWaiting(await freePort());
  const started = costOf([waiting.pid]).gatewayCpuMs;
  const forMs = 30_000;
  await new Promise((resolve) => setTimeout(resolve, forMs));
  tell(20, { forMs, cpuMs: costOf([waiting.pid]).gatewayCpuMs - started });
  waiting.stop();
};

const OTLP = `OBSERVABILITY_ENABLED=true
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9
OTEL_METRICS_EXPORTER=otlp
OTEL_LOGS_EXPORTER=otlp`;

/** What is not wanted is not loaded: processor time until ready, and memory then. */
const profiles = async (): Promise<void> => {
  const folder = resolve(import.meta.dirname, '../../profiles');
  const shipped = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
  const settings = [
    ['nothing set', ''],
    ...shipped,
    ['the console off', 'MCPGATEWAY_UI_ENABLED=false'],
    ['traces, metrics and logs by OTLP', OTLP],
  ] as const;
  for (const [name, text] of settings) {
    const gateway = await startGateway({ mode: 'embedded', env: parseEnv(text) as Record<string, string> });
    const { pid } = gateway.process('switchyard').server;
    const { gatewayCpuMs } = costOf([pid]);
    console.log(JSON.stringify({ profile: name, cpuMsToReady: gatewayCpuMs, rssMiB: Math.round(rssOf(pid) / MIB) }));
    await gateway.stop();
  }
};

const budgetsOfConsole = async (): Promise<void> => {
  for (const figure of await measureConsole()) {
    console.log(JSON.stringify(figure));
    if (!figure.isKept) process.exitCode = 1;
  }
};

const MEASURES: Readonly<Record<string, () => Promise<void>>> = {
  profiles,
  room: withRoom,
  full,
  sessions,
  connections,
  away,
  console: budgetsOfConsole,
  layers: async () => tell(27, await measureLayers()),
  pages: async () => tell(11, await measurePages()),
  indexes: async () => tell(16, await measureIndexes()),
  switches: async () => tell(21, await measureSwitches()),
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MEASURES);

try {
  for (const name of wanted) {
    const measure = MEASURES[name];
    if (measure === undefined) throw new Error(`npm run claims -- [${Object.keys(MEASURES).join('] [')}]`);
    await measure();
  }
} finally {
  await fast.stop();
  await ledger.stop();
  await redis.stop();
}
