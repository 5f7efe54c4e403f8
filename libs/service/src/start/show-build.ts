import { snapshotGauge } from '#libs/telemetry';
import { VERSION } from '../build-info.js';

/** Shows version and services in the metrics of this process until what it returns is called. */
export const showBuild = (services: readonly string[]): (() => Promise<void>) => {
  const reading = { labels: { version: VERSION, services: services.join(','), node: process.version }, value: 1 };
  const end = snapshotGauge('switchyard_build_info', 'Always 1; its labels say what runs here.', () => [reading]);
  return async () => end();
};
