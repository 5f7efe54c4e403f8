import cluster from 'node:cluster';
import { createLogger, scrapeFrom, watchProcess } from '#libs/telemetry';
import { VERSION } from '../build-info.js';
import type { AnyServicePart } from '../service-part.js';
import { type Environment, readConfiguration } from '../start/configuration.js';
import { openMetricsPort } from '../telemetry/metrics-port.js';
import type { WorkerPlan } from './plan-workers.js';
import { Supervisor } from './supervisor.js';

export interface Supervised {
  /** Resolves once no worker is left: to whether all of them ended as they should. */
  readonly ended: Promise<boolean>;
  /** Tells the workers to finish what they have and end. */
  readonly stop: (signal: NodeJS.Signals) => void;
  readonly killAll: () => void;
}

/** Has workers serve as the service. Rejects with `config.invalid` for settings with which none of them could start. */
export const supervise = async (
  parts: readonly AnyServicePart[],
  plan: WorkerPlan,
  env: Environment,
): Promise<Supervised> => {
  const { platform, unlock } = readConfiguration(parts, env);
  unlock();
  const { LOG_LEVEL: level, LOG_FORMAT: format, HOST, METRICS_PORT, SHUTDOWN_TIMEOUT_MS } = platform;
  const service = parts[0]?.name ?? 'switchyard';
  const logger = createLogger({ service, version: VERSION, level, format, to: 'stdout' });
  // The kernel hands connections out: Node's own way of it leaves one unanswered whenever it was on its way to a worker that died.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const supervisor = new Supervisor(plan, () => cluster.fork(), logger);
  watchProcess();
  scrapeFrom(() => supervisor.collect());
  if (METRICS_PORT > 0) await openMetricsPort(HOST, METRICS_PORT, logger);
  return {
    ended: supervisor.run(),
    stop: (signal) => {
      logger.info({ signal }, 'stopping');
      supervisor.stop(SHUTDOWN_TIMEOUT_MS);
    },
    killAll: () => supervisor.killAll(),
  };
};
