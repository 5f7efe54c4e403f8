import { type DynamicModule, Module } from '@nestjs/common';
import { AggregatesModule } from './aggregates/aggregates.module.js';
import { AuditModule } from './audit/audit.module.js';
import { CallLogModule } from './call-log/call-log.module.js';
import { ExpositionModule } from './exposition/exposition.module.js';
import { IntakeModule } from './intake/intake.module.js';
import type { MetricsConfig } from './metrics.config.js';
import { SETTINGS, metricsSettings } from './metrics.settings.js';
import { LogSearchModule } from './log-search/log-search.module.js';
import { LogsModule } from './logs/logs.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { RetentionModule } from './retention/retention.module.js';

/** Keeps one record of every call, and tells what they add up to. */
@Module({
  imports: [
    IntakeModule,
    AggregatesModule,
    CallLogModule,
    LogsModule,
    LogSearchModule,
    ObservabilityModule,
    RetentionModule,
    AuditModule,
  ],
})
export class MetricsModule {
  /** Global, so that every room may have the settings injected. */
  static with(config: MetricsConfig): DynamicModule {
    const settings = metricsSettings(config);
    return {
      module: MetricsModule,
      global: true,
      imports: [ExpositionModule.with(settings)],
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
