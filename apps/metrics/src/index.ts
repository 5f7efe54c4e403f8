import type { ServicePart } from '#libs/service';
import { metricsOptions } from './metrics.config.js';
import { MetricsModule } from './metrics.module.js';

export const metricsService: ServicePart<typeof metricsOptions> = {
  name: 'metrics',
  options: metricsOptions,
  module: (config) => MetricsModule.with(config),
  needs: { database: true },
};
