import { performance } from 'node:perf_hooks';
import pg, { type PoolClient, type PoolConfig, type QueryConfig } from 'pg';
import { fail } from '#libs/errors';
import { tracedAsk } from '#libs/telemetry';
import { signed } from '../audit/actor.js';
import { isPlanOutdated } from './database-failure.js';
import type { PostgresSettings } from './postgres.config.js';
import { PreparedStatements } from './prepared-statements.js';
import { statementSpan } from './statement-span.js';

/**
 * How the server's own time limits reach it. `startup`: with the connection, where they hold for every statement.
 * `transaction`: PgBouncer refuses those parameters, and a plain SET would stay on a connection that others use next;
 * so each transaction sets them for itself, and single statements are bounded from this side alone.
 */
export type LimitsBy = 'startup' | 'transaction';

/** How a database is reached. */
export interface Reached {
  readonly limitsBy: LimitsBy;
  /** The next statement may run on another connection of the server. */
  readonly isPooled: boolean;
}

/** A connection that rested for less is taken to be alive. */
const RESTED_MS = 1_000;
const PING_TIMEOUT_MS = 1_000;
/** The server ends a statement; this is for a server that does not answer at all. */
const SILENCE_MS = 500;

export const poolOptionsOf = (settings: PostgresSettings, { limitsBy, isPooled }: Reached): GuardedPoolOptions => ({
  max: settings.poolSize + settings.poolOverflow,
  min: settings.poolSize,
  idleTimeoutMillis: settings.overflowIdleMs,
  connectionTimeoutMillis: settings.poolTimeoutMs,
  maxLifetimeSeconds: settings.recycleAfterSeconds,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
  prePing: settings.prePing,
  prepareAfterRuns: isPooled ? 0 : settings.prepareAfterRuns,
  ...(settings.statementTimeoutMs > 0 && { query_timeout: settings.statementTimeoutMs + SILENCE_MS }),
  ...(limitsBy === 'startup' ? startupLimits(settings) : { transactionLimits: transactionLimits(settings) }),
});

/** As `pg` sends them when it connects. */
export const startupLimits = (settings: PostgresSettings): PoolConfig => ({
  statement_timeout: settings.statementTimeoutMs,
  lock_timeout: settings.lockTimeoutMs,
  idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
});

/** The same pool with one connection, whose statements may run for that long. */
export const allowing = (timeoutMs: number, options: GuardedPoolOptions): GuardedPoolOptions => ({
  ...options,
  max: 1,
  min: 0,
  query_timeout: timeoutMs + SILENCE_MS,
  ...(options.transactionLimits === undefined
    ? { statement_timeout: timeoutMs }
    : { transactionLimits: `${options.transactionLimits}; ${statementLimit(timeoutMs)}` }),
});

const statementLimit = (timeoutMs: number): string => `SET LOCAL statement_timeout = ${timeoutMs}`;

const transactionLimits = (settings: PostgresSettings): string =>
  [
    statementLimit(settings.statementTimeoutMs),
    `SET LOCAL lock_timeout = ${settings.lockTimeoutMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${settings.idleInTransactionTimeoutMs}`,
  ].join('; ');

export interface GuardedPoolOptions extends PoolConfig {
  readonly prePing: boolean;
  /** Absent or 0: no statement is prepared. */
  readonly prepareAfterRuns?: number;
  /** Sent along with each `START TRANSACTION`, in the same round trip. */
  readonly transactionLimits?: string;
  /** Told of each statement that has ended, and how long it took. */
  readonly onStatement?: ((statement: string, ms: number) => void) | undefined;
}

/**
 * A connection that ends when an answer does not come, since a late one must not meet the next query, and when what it has
 * prepared does not fit its tables any more.
 */
class GuardedClient extends pg.Client {
  private readonly transactionLimits: string | undefined;
  private readonly prepared: PreparedStatements;
  private readonly onStatement: GuardedPoolOptions['onStatement'];
  private readonly send = super.query.bind(this) as (...args: unknown[]) => unknown;

  constructor(config: GuardedPoolOptions) {
    super(config);
    this.transactionLimits = config.transactionLimits;
    this.prepared = new PreparedStatements(config.prepareAfterRuns ?? 0);
    this.onStatement = config.onStatement;
    // Between the pool's hands and those of its user nobody else listens, and an error unheard ends the process. Who
    // uses a connection that is lost learns it from the next query, and the pool takes no such connection back.
    this.on('error', () => {});
  }

  /** The overloads of `pg` are passed on as they are. */
  override query = ((...args: unknown[]): unknown => {
    // As it was asked: what leaves is signed with who acts, and a person is in no log and no span.
    const [asked] = args;
    const begins = this.transactionLimits !== undefined && asked === 'START TRANSACTION';
    const passed = begins ? [`START TRANSACTION; ${this.transactionLimits}`, ...args.slice(2)] : args;
    if (typeof passed[0] === 'string') passed[0] = signed(passed[0]);
    const startedAtMs = this.onStatement === undefined ? 0 : performance.now();
    const result = this.send(...this.prepared.named(passed));
    if (!(result instanceof Promise)) return result;
    if (this.onStatement !== undefined) {
      const tell = (): void => this.onStatement?.(textOf(asked), performance.now() - startedAtMs);
      result.then(tell, tell);
    }
    result.catch((error: unknown) => {
      if (isSilence(error) || isPlanOutdated(error)) this.hangUp();
    });
    if (isPreparation(asked)) return result;
    return tracedAsk(
      () => result,
      () => statementSpan(textOf(asked)),
    );
  }) as pg.Client['query'];

  private hangUp(): void {
    const internals = this as unknown as { _queryable: boolean; connection: { stream: { destroy(): void } } };
    // What the pool looks at when the connection comes back to it, which is before the socket has closed.
    internals._queryable = false;
    internals.connection.stream.destroy();
  }
}

const isSilence = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout';

/** What a transaction begins with: it takes no time that anybody looks for. */
const isPreparation = (statement: unknown): boolean =>
  typeof statement === 'string' && /^(?:START|SET)\b/.test(statement);

const textOf = (statement: unknown): string =>
  typeof statement === 'string' ? statement : ((statement as { text?: string } | undefined)?.text ?? '');

type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (destroy?: Error | boolean) => void,
) => void;

/** A pool that hands out only connections that work, and says `platform.not_ready` when it has none in time. */
export class GuardedPool extends pg.Pool {
  private readonly restingSince = new WeakMap<PoolClient, number>();
  private readonly prePing: boolean;
  private readonly timeoutMs: number;

  constructor(options: GuardedPoolOptions) {
    super(Object.assign({ ...options }, { Client: GuardedClient }));
    this.prePing = options.prePing;
    this.timeoutMs = options.connectionTimeoutMillis ?? 0;
    this.on('release', (_error, client) => this.restingSince.set(client, performance.now()));
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    const giveUpAtMs = performance.now() + this.timeoutMs;
    if (callback !== undefined) return this.take(giveUpAtMs, callback);
    return new Promise((resolve, reject) => {
      this.take(giveUpAtMs, (error, client) => (client === undefined ? reject(error) : resolve(client)));
    });
  }

  private take(giveUpAtMs: number, callback: Connected): void {
    super.connect((error, client, release) => {
      if (error || client === undefined) return callback(unavailable(error), undefined, release);
      if (!this.prePing || !this.hasRested(client)) return callback(undefined, client, release);
      const ping: QueryConfig & { query_timeout: number } = { text: 'SELECT 1', query_timeout: PING_TIMEOUT_MS };
      client.query(ping).then(
        () => callback(undefined, client, release),
        (failure: Error) => {
          release(failure);
          if (performance.now() < giveUpAtMs) this.take(giveUpAtMs, callback);
          else callback(unavailable(failure), undefined, () => {});
        },
      );
    });
  }

  private hasRested(client: PoolClient): boolean {
    const since = this.restingSince.get(client);
    return since !== undefined && performance.now() - since >= RESTED_MS;
  }
}

const unavailable = (cause: unknown): Error =>
  fail('platform.not_ready', { message: 'The database is unavailable', cause });
