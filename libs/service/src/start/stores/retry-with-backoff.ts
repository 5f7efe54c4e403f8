import { setTimeout as sleep } from 'node:timers/promises';
import { fail, GatewayError } from '#libs/errors';
import { backoffMs, type Random } from '#libs/resilience';
import { type Logger, maskText } from '#libs/telemetry';

const PAUSE_MS_MAX = 30_000;

export interface RetrySettings {
  /** What is being reached, as the operator knows it: `PostgreSQL`. */
  readonly what: string;
  readonly attemptsMax: number;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Whether waiting mends what failed. Unless told, `mayPass`. */
  readonly passes?: (error: unknown) => boolean;
}

/** All but a wrong setting. */
export const mayPass = (error: unknown): boolean => !(error instanceof GatewayError && error.code === 'config.invalid');

/** The pause before attempt `attempt` + 1: doubling, capped, spread by ±25 % so that replicas do not come in step. */
export const pauseMs = (attempt: number, intervalMs: number, random?: Random): number =>
  Math.round(backoffMs(attempt, { firstMs: intervalMs, maxMs: PAUSE_MS_MAX }, random));

/**
 * Tries until it works. Rejects with `platform.not_ready` and the last reason, with the signal's own reason, or at once
 * with what no waiting mends.
 */
export const retryWithBackoff = async <Result>(
  settings: RetrySettings,
  connect: () => Promise<Result>,
): Promise<Result> => {
  const { what, attemptsMax, intervalMs, signal, logger, passes = mayPass } = settings;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await connect();
    } catch (error) {
      signal.throwIfAborted();
      if (!passes(error)) throw error;
      const reason = maskText(reasonOf(error));
      if (attempt >= attemptsMax) {
        throw fail('platform.not_ready', {
          message: `${what} could not be reached in ${attempt} attempts: ${reason}`,
          cause: error,
        });
      }
      const waitMs = pauseMs(attempt, intervalMs);
      logger.warn({ attempt, attemptsMax, waitMs, reason }, `${what} is not reachable yet`);
      await sleep(waitMs, undefined, { signal });
    }
  }
};

const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join('; ');
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code || error.name : error.message;
};
