import cluster from 'node:cluster';
import { gatewayEnvironment, parseConfig, withSecretFiles } from '#libs/config';
import { GatewayError } from '#libs/errors';
import { maskText } from '#libs/telemetry';
import { platformOptions } from './platform.config.js';
import type { AnyServicePart } from './service-part.js';
import { type RunningService, startService } from './start/start-service.js';
import { planWorkers, type WorkerPlan } from './workers/plan-workers.js';
import { supervise } from './workers/supervise.js';
import { WorkerLink } from './workers/worker-link.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** How long a start that is told to stop may take to undo what it has done. */
const START_ABORT_MS = 30_000;
const SAME_SIGNAL_MS = 500;

/** A process that runs one service, or that keeps the workers which do. */
export const runService = async (...parts: AnyServicePart[]): Promise<void> => {
  const plan = cluster.isPrimary ? readPlan(parts) : null;
  if (plan === null) await runProcess({ parts });
  else await runWorkers(parts, plan);
};

const readPlan = (parts: readonly AnyServicePart[]): WorkerPlan | null => {
  try {
    return planWorkers(parts, parseConfig(platformOptions, withSecretFiles(platformOptions, gatewayEnvironment())));
  } catch (error) {
    return leave(sayWhy(error));
  }
};

const runWorkers = async (parts: readonly AnyServicePart[], plan: WorkerPlan): Promise<never> => {
  leaveOnSurprises();
  const starting = supervise(parts, plan, gatewayEnvironment());
  const { ended, stop, killAll } = await starting.catch((error: unknown) => leave(sayWhy(error)));
  onStopSignal({
    onFirst: stop,
    onSecond: (signal) => {
      killAll();
      leave(impatience(signal));
    },
  });
  return process.exit((await ended) ? 0 : 1);
};

export interface ProcessSettings {
  readonly parts: readonly AnyServicePart[];
  readonly logTo?: 'stdout' | 'stderr';
}

/** A whole process, from its environment to its exit code. Every exit that is not asked for says why in one line. */
export const runProcess = async ({ parts, logTo = 'stdout' }: ProcessSettings): Promise<RunningService> => {
  const starting = new AbortController();
  let running: RunningService | null = null;
  let stopping = false;
  leaveOnSurprises();

  const stop = async (cause: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    const timeoutMs = running?.config.SHUTDOWN_TIMEOUT_MS ?? START_ABORT_MS;
    setTimeout(() => leave(`not stopped within ${timeoutMs} ms`), timeoutMs).unref();
    starting.abort(new Error(`stopped by ${cause}`));
    if (running === null) return;
    const { logger } = running;
    logger.info({ signal: cause }, 'stopping');
    const clean = await running.stop();
    logger.info('stopped');
    await link?.leave();
    process.exit(clean ? 0 : 1);
  };
  // A worker is told by whoever signals the whole group, and by its supervisor, which ends it itself where that is called for.
  const onSecond = (signal: NodeJS.Signals): void => (cluster.isWorker ? undefined : leave(impatience(signal)));
  onStopSignal({ onFirst: (signal) => void stop(signal), onSecond });
  const link = cluster.isWorker ? new WorkerLink(() => void stop('the end of its supervisor')) : null;

  const start = async (): Promise<RunningService> =>
    startService({ parts, env: gatewayEnvironment(), logTo, signal: starting.signal, onFatal: leave });
  const started = await start().catch((error: unknown) => {
    if (stopping) process.exit(0);
    return leave(sayWhy(error));
  });
  running = started;
  started.logger.info({ url: started.url, services: parts.map((part) => part.name) }, 'ready');
  link?.ready(started.url);
  return started;
};

interface SignalListeners {
  readonly onFirst: (signal: NodeJS.Signals) => void;
  readonly onSecond: (signal: NodeJS.Signals) => void;
}

const onStopSignal = ({ onFirst, onSecond }: SignalListeners): void => {
  let sinceMs: number | null = null;
  const receive = (signal: NodeJS.Signals): void => {
    if (sinceMs === null) {
      sinceMs = performance.now();
      onFirst(signal);
    } else if (performance.now() - sinceMs > SAME_SIGNAL_MS) {
      // npm passes on the Ctrl-C that the terminal has already sent to everybody: that is still the first one.
      onSecond(signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, receive);
};

const impatience = (signal: NodeJS.Signals): string => `${signal} a second time; not waiting for what is still in hand`;

const leaveOnSurprises = (): void => {
  process.on('uncaughtException', (error) => leave(`an exception nobody caught: ${describe(error)}`));
  process.on('unhandledRejection', (reason) => leave(`a rejection nobody handled: ${describe(reason)}`));
};

const leave = (reason: string): never => {
  process.stderr.write(`switchyard: ${reason}\n`);
  process.exit(1);
};

const sayWhy = (error: unknown): string => (error instanceof GatewayError ? maskText(error.message) : describe(error));

const describe = (thrown: unknown): string =>
  maskText(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)).replaceAll('\n', ' | ');
