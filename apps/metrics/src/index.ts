import type { ServicePart } from '#libs/service';
import { metricsOptions } from './metrics.config.js';
import { MetricsModule } from './metrics.module.js';
import { metricsDatabase } from './storage/metrics.database.js';

export { verifyExport } from './audit/verify-export.js';
export type { ExportVerdict } from './audit/verify-export.js';

/** The service that keeps call records, what is counted from them and the audit trail, as a process hosts it. */
export const metricsService: ServicePart<typeof metricsOptions> = {
  name: 'metrics',
  options: metricsOptions,
  module: (config) => MetricsModule.with(config),
  needs: { database: metricsDatabase },
};
