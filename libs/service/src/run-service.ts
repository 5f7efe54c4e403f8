import { gatewayEnvironment } from '#libs/config';
import { GatewayError } from '#libs/errors';
import { maskText } from '#libs/telemetry';
import type { AnyServicePart } from './service-part.js';
import { type RunningService, startService } from './start/start-service.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** How long a start that is told to stop may take to undo what it has done. */
const START_ABORT_MS = 30_000;
const SAME_SIGNAL_MS = 500;

/** A process that runs one service. */
export const runService = (...parts: AnyServicePart[]): Promise<RunningService> => runProcess({ parts });

export interface ProcessSettings {
  readonly parts: readonly AnyServicePart[];
  readonly logTo?: 'stdout' | 'stderr';
}

/** A whole process, from its environment to its exit code. Every exit that is not asked for says why in one line. */
export const runProcess = async ({ parts, logTo = 'stdout' }: ProcessSettings): Promise<RunningService> => {
  const starting = new AbortController();
  let running: RunningService | null = null;
  let stopping = false;
  let stoppingSinceMs = 0;

  process.on('uncaughtException', (error) => leave(`an exception nobody caught: ${describe(error)}`));
  process.on('unhandledRejection', (reason) => leave(`a rejection nobody handled: ${describe(reason)}`));

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) {
      // npm passes on the Ctrl-C that the terminal has already sent to everybody: that is still the first one.
      if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS)
        leave(`${signal} a second time; not waiting for what is still in hand`);
      return;
    }
    stopping = true;
    stoppingSinceMs = performance.now();
    const timeoutMs = running?.config.SHUTDOWN_TIMEOUT_MS ?? START_ABORT_MS;
    setTimeout(() => leave(`not stopped within ${timeoutMs} ms`), timeoutMs).unref();
    starting.abort(new Error(`stopped by ${signal}`));
    if (running === null) return;
    const { logger } = running;
    logger.info({ signal }, 'stopping');
    const clean = await running.stop();
    logger.info('stopped');
    process.exit(clean ? 0 : 1);
  };
  for (const signal of SIGNALS) process.on(signal, () => void stop(signal));

  const start = async (): Promise<RunningService> =>
    startService({ parts, env: gatewayEnvironment(), logTo, signal: starting.signal, onFatal: leave });
  const started = await start().catch((error: unknown) => {
    if (stopping) process.exit(0);
    return leave(error instanceof GatewayError ? maskText(error.message) : describe(error));
  });
  running = started;
  started.logger.info({ url: started.url, services: parts.map((part) => part.name) }, 'ready');
  return started;
};

const leave = (reason: string): never => {
  process.stderr.write(`switchyard: ${reason}\n`);
  process.exit(1);
};

const describe = (thrown: unknown): string =>
  maskText(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)).replaceAll('\n', ' | ');
