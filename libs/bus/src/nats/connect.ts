import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { fail } from '#libs/errors';
import { backoffMs, jittered } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';
import { MESSAGE_BYTES_MAX } from '../limits.js';
import type { Bus } from '../port.js';
import type { ConnectAgain } from './link.js';
import { NatsBus } from './nats-bus.js';

/** How a process connects to NATS. */
export interface NatsOptions {
  readonly servers: string | readonly string[];
  /** The service: its inbox and its connection carry the name. */
  readonly name: string;
  readonly logger: Logger;
  /** Attempts at start-up after the first; once connected, it reconnects for ever. */
  readonly maxRetries?: number;
  /** Before the first retry; doubles from one to the next. */
  readonly retryIntervalMs?: number;
  /** `creds`: a JWT and its seed, as `nsc` writes them into a file. */
  readonly credentials?:
    | { readonly user: string; readonly password: string }
    | { readonly token: string }
    | { readonly creds: string };
  /** Texts in PEM; present where the connection is encrypted. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** The largest message, whatever the broker takes at a time. */
  readonly maxPayloadBytes?: number;
  /** Ends the start-up attempts. */
  readonly signal?: AbortSignal;
  /** The connection is gone and will not come back: time to exit. */
  readonly onClosed?: (error: Error | undefined) => void;
}

const RETRY_MS_MAX = 30_000;
const RECONNECT_MS_MIN = 250;
const RECONNECT_MS_MAX = 2_000;

/** Connects with patience: a broker that starts later than its services is an everyday thing. */
export const connectNats = async (options: NatsOptions): Promise<Bus> => {
  const {
    name,
    logger,
    maxRetries = 10,
    retryIntervalMs = 500,
    maxPayloadBytes = MESSAGE_BYTES_MAX,
    onClosed = () => {},
  } = options;
  // Only here, because a gateway without NATS has this file as well.
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node');
  const { credentials } = options;
  const to = {
    ...connectionOptions(options),
    ...(credentials && 'creds' in credentials && { authenticator: credsAuthenticator(Buffer.from(credentials.creds)) }),
  };
  const connection = await attempt(() => connect(to), {
    logger,
    maxRetries,
    retryIntervalMs,
    signal: options.signal,
  });
  const connectAgain: ConnectAgain = (leaving) => connect({ ...to, servers: serversBeside(leaving, to) });
  return new NatsBus(connection, { name, logger, maxPayloadBytes, connectAgain, onClosed });
};

/** Those that were named, and those that the server knows of, but for itself. */
const serversBeside = (leaving: NatsConnection, { servers }: ConnectionOptions): string[] => {
  const known = new Set([...(leaving.info?.connect_urls ?? []), ...[servers ?? []].flat()]);
  if (known.size > 1) known.delete(leaving.getServer());
  return [...known];
};

const attempt = async (
  open: () => Promise<NatsConnection>,
  {
    logger,
    maxRetries,
    retryIntervalMs,
    signal,
  }: { logger: Logger; maxRetries: number; retryIntervalMs: number; signal: AbortSignal | undefined },
): Promise<NatsConnection> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (tries > maxRetries) {
        throw fail('bus.disconnected', {
          message: `NATS cannot be reached after ${tries} attempts: ${reason}`,
          executed: 'no',
          cause,
        });
      }
      const waitMs = backoffMs(tries, { firstMs: retryIntervalMs, maxMs: RETRY_MS_MAX });
      logger.warn({ reason, tries, waitMs: Math.round(waitMs) }, 'NATS cannot be reached yet');
      await sleep(waitMs, undefined, { signal });
    }
  }
};

const connectionOptions = ({ servers, name, credentials, tls }: NatsOptions): ConnectionOptions => ({
  servers: typeof servers === 'string' ? servers.split(',') : [...servers],
  name,
  ...(credentials && 'token' in credentials && { token: credentials.token }),
  ...(credentials && 'user' in credentials && { user: credentials.user, pass: credentials.password }),
  ...(tls && { tls }),
  noAsyncTraces: true,
  maxReconnectAttempts: -1,
  // A rotated credential must not end a process that is merely told of it late.
  ignoreAuthErrorAbort: true,
  reconnectDelayHandler: reconnectDelays(),
  timeout: 3_000,
  // A half-open connection is found after 2 to 3 s.
  pingInterval: 1_000,
  maxPingOut: 2,
});

/** The longer the broker is away, the rarer the attempts, and never in step with other services. */
const reconnectDelays = (): (() => number) => {
  let outageSinceMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lastMs > 4 * RECONNECT_MS_MAX) outageSinceMs = nowMs;
    lastMs = nowMs;
    return jittered(Math.min(Math.max((nowMs - outageSinceMs) / 2, RECONNECT_MS_MIN), RECONNECT_MS_MAX));
  };
};
