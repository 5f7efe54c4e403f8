import { snapshotGauge } from '#libs/telemetry';
import type { Readiness } from '../readiness.js';

/** Shows in the metrics of this process, until what it returns is called, whether what it needs answers. */
export const showDependencies = (readiness: Readiness): (() => Promise<void>) => {
  const end = snapshotGauge(
    'switchyard_dependency_up',
    'Whether the database, the cache and the bus answered when they were last asked: 1, else 0.',
    () =>
      Object.entries(readiness.dependencies()).map(([dependency, isUp]) => ({
        labels: { dependency },
        value: isUp ? 1 : 0,
      })),
  );
  return async () => end();
};
