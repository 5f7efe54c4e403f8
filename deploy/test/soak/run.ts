import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES, startGateway, startLedgerUpstream } from '#libs/testing';
import { INSPECTABLE } from '../../../apps/switchyard/test/growth/inspected-process.js';
import { readBooks } from '../../../apps/switchyard/test/traffic/call-rows.js';
import { startEdge } from '../edge.js';
import { type Operation, SoakClients, SoakLoss, SoakRefusal, type SoakTarget } from './clients.js';
import { type Allowed, Samples, type Series, familyOf } from './samples.js';

export interface SoakOptions {
  readonly forMs: number;
  /** Of those, at the beginning, when what is compiled and kept is still growing. */
  readonly warmUpMs: number;
  readonly perSecond: number;
  readonly sampleMs: number;
  readonly allowed: Allowed;
  /** What is refused, late or lost is for the machine to say. */
  readonly isBusy?: boolean;
  readonly tell?: (line: string) => void;
}

export interface SoakRun {
  readonly operations: Readonly<Record<string, number>>;
  /** How often each failure came. */
  readonly errors: Readonly<Record<string, number>>;
  /** How often it was said that nothing was done. */
  readonly refusals: Readonly<Record<string, number>>;
  /** How often nobody could say what became of it. */
  readonly losses: Readonly<Record<string, number>>;
  /** Calls that were answered well, that the upstream ran, and that are recorded as such. */
  readonly books: { readonly answered: number; readonly executed: number; readonly recorded: number };
  readonly series: readonly Series[];
  readonly flaws: readonly string[];
}

/** What is kept for a while is kept for so short a time that it comes and goes many times over. */
const ENV = {
  SESSION_TTL: '60',
  MESSAGE_TTL: '20',
  JWT_CACHE_TTL: '20',
  MCP_SESSION_POOL_IDLE_EVICTION: '20',
  HTTPX_KEEPALIVE_EXPIRY: '5',
  METRICS_BUFFER_FLUSH_INTERVAL: '5',
  REQUIRE_USER_IN_DB: 'false',
  ...INSPECTABLE,
};
const REPLICAS = 2;
const LATENCY_MS = 10;
const PRINCIPALS = 100;
/** Who is asked for more than that has stopped answering. */
const UNDER_WAY_MAX = 400;
const BOOKS_CLOSE_MS = 60_000;
const REPORT_MS = 60_000;
const RAMP_MS = 10_000;
const SHOWN_EACH_MIN = 10;
/** Tokens are good for an hour. */
const RENEW_MS = 1_200_000;

/** Five services, twice each, behind the shipped edge: whether what they hold stays as it is while clients come and go. */
export const runSoak = async (options: SoakOptions): Promise<SoakRun> => {
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    const ledger = await startLedgerUpstream({ latencyMs: LATENCY_MS });
    closers.push(() => ledger.stop());
    const gateway = await startGateway({ mode: 'distributed', replicas: REPLICAS, env: ENV });
    closers.push(() => gateway.stop());
    const addresses = Object.fromEntries(
      SERVICES.map((service) => [
        service,
        gateway.processes.filter((one) => one.service === service).map(({ url }) => new URL(url).host),
      ]),
    );
    const edge = await startEdge({ addresses });
    closers.push(() => edge.stop());
    const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
    const server = await gateway.admin.createServer('the ledger', [registered]);
    const admin = { email: 'admin@example.com', isAdmin: true };
    const tokensOf = () => Promise.all(Array.from({ length: PRINCIPALS }, () => gateway.tokenFor(admin)));
    const target: SoakTarget = {
      url: edge.url,
      path: `/servers/${server.id}/mcp`,
      ledgerUrl: ledger.url,
      revokedWithinMs: options.isBusy === true ? 60_000 : 1_000,
      adminToken: gateway.adminToken,
      tokens: await tokensOf(),
    };
    const clients = new SoakClients(target);
    const renewing = setInterval(() => {
      void tokensOf().then((tokens) => Object.assign(target, { tokens, adminToken: tokens[0] }));
    }, RENEW_MS);
    closers.push(() => clearInterval(renewing));
    const { nats, redis, postgres } = gateway;
    const samples = await Samples.of(gateway, {
      nginx: () => familyOf(edge.pid),
      ...(nats !== undefined && { nats: () => [nats.pid] }),
      ...(redis !== undefined && { redis: () => [redis.pid] }),
    });
    closers.push(() => samples.close());
    const load = await drive(clients, samples, options);
    if (postgres === undefined) throw new Error('the harness runs a Postgres');
    const books = await closed(options.isBusy, async () => ({
      answered: clients.wentWell,
      executed: ledger.executions.length,
      recorded: (await readBooks(postgres.location)).counted['ok'] ?? 0,
    }));
    const series = samples.slopes(options.warmUpMs / 60_000, options.allowed);
    const flaws = [
      ...linesOf(load.errors),
      ...(options.isBusy === true ? [] : linesOf({ ...load.refusals, ...load.losses })),
      ...series.filter((one) => one.isSteep).map((one) => `it grows: ${lineOf(one)}`),
      ...(isEven(books, options.isBusy) ? [] : [`the books do not agree: ${JSON.stringify(books)}`]),
    ];
    if (flaws.length > 0) options.tell?.(gateway.logs().slice(-8_000));
    return { ...load, books, series, flaws };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
};

/** Begins so many operations a second, whatever becomes of those before. */
const drive = async (
  clients: SoakClients,
  samples: Samples,
  { forMs, warmUpMs, perSecond, sampleMs, allowed, tell = () => {} }: SoakOptions,
): Promise<Pick<SoakRun, 'operations' | 'errors' | 'refusals' | 'losses'>> => {
  const operations: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  const losses: Record<string, number> = {};
  const tookMs = new Map<Operation, number[]>();
  const underWay = new Set<Promise<void>>();
  const begin = (): void => {
    const operation = clients.next();
    const startedAt = performance.now();
    const running = clients
      .run(operation)
      .then(
        () => void tookMs.set(operation, [...(tookMs.get(operation) ?? []), performance.now() - startedAt]),
        (error: unknown) => {
          const said = `${operation}: ${(error as Error).message.replaceAll(/[0-9a-f-]{32,36}/g, 'ID')}`;
          const counts = error instanceof SoakRefusal ? refusals : isLoss(error) ? losses : errors;
          const times = (counts[said] = (counts[said] ?? 0) + 1);
          if (times <= 3) tell(`${samples.nowMin.toFixed(1)} min: ${said}`);
        },
      )
      .finally(() => underWay.delete(running));
    operations[operation] = (operations[operation] ?? 0) + 1;
    underWay.add(running);
  };
  const startedAt = performance.now();
  let [begun, sampledAt, toldAt] = [0, startedAt, startedAt];
  let sampling: Promise<void> = Promise.resolve();
  for (let now = startedAt; now - startedAt < forMs; now = performance.now()) {
    for (; begun < dueAfter(now - startedAt, perSecond) && underWay.size < UNDER_WAY_MAX; begun++) begin();
    if (now - sampledAt > sampleMs) {
      sampledAt = now;
      for (const [operation, values] of tookMs) samples.durations(operation, values);
      tookMs.clear();
      await sampling;
      sampling = samples.take();
    }
    if (now - toldAt > REPORT_MS) {
      toldAt = now;
      tell(`${samples.nowMin.toFixed(1)} min: ${JSON.stringify(operations)}, ${underWay.size} under way`);
      if (Math.round(samples.nowMin) % SHOWN_EACH_MIN === 0)
        for (const one of samples.slopes(warmUpMs / 60_000, allowed)) tell(lineOf(one));
    }
    await sleep(10);
  }
  await Promise.all(underWay);
  await sampling;
  return { operations, errors, refusals, losses };
};

/** Operations that are to have begun: they become more for a while, since what has just started compiles. */
const dueAfter = (ms: number, perSecond: number): number =>
  (ms < RAMP_MS ? (ms * ms) / (2 * RAMP_MS) : ms - RAMP_MS / 2) * (perSecond / 1_000);

const linesOf = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).map(([what, times]) => `${times} times: ${what}`);

/** `fetch` says by a cause, or by the name of the error, that there was no answer. */
const isLoss = (error: unknown): boolean =>
  error instanceof SoakLoss || (error as Error).name === 'TimeoutError' || (error as Error).message === 'fetch failed';

/** What was lost to its client may have run all the same; never the other way round. */
const isEven = ({ answered, executed, recorded }: SoakRun['books'], isBusy = false): boolean =>
  isBusy ? answered <= recorded && recorded <= executed : answered === executed && executed === recorded;

/** Once records are no more on their way. */
const closed = async (
  isBusy: boolean | undefined,
  read: () => Promise<SoakRun['books']>,
): Promise<SoakRun['books']> => {
  for (const endsAtMs = Date.now() + BOOKS_CLOSE_MS; ; await sleep(500)) {
    const books = await read();
    if (isEven(books, isBusy) || Date.now() > endsAtMs) return books;
  }
};

export const lineOf = ({ name, perMin, growth, noise, level }: Series): string =>
  `${name}: ${[level, perMin, growth, noise].map((value) => value.toFixed(3)).join(' ')}`;
