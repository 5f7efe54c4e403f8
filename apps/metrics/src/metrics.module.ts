import { type DynamicModule, Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity';
import { PLATFORM_CONFIG, type PlatformConfig } from '#libs/service';
import { POSTGRES, type PostgresLocation, provideDatabase } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { AggregatesController } from './aggregates/aggregates.controller.js';
import { AggregatesService } from './aggregates/aggregates.service.js';
import { CallInstruments } from './records/call.instruments.js';
import { OpenPrometheusController, PrometheusController } from './exposition/prometheus.controller.js';
import { QueueInstruments } from './exposition/queue.instruments.js';
import { CallIntake } from './intake/call-intake.service.js';
import { CallsController } from './intake/calls.controller.js';
import { METRICS_CONFIG, type MetricsConfig } from './metrics.config.js';
import { CallQueue, QUEUE_BACKEND } from './queue/call-queue.service.js';
import { CallWriter } from './records/call-writer.service.js';
import { LogThrottle } from './queue/log-throttle.js';
import { type QueueBackend, openPostgresBackend, openRedisBackend } from './queue/queue-backend.js';
import { RefusedRecords } from './records/refused-records.service.js';
import { RetentionService } from './retention/retention.service.js';
import { CallsRepository } from './records/calls.repository.js';
import { metricsDatabase } from './storage/metrics.database.js';
import { RollupsRepository } from './aggregates/rollups.repository.js';

/** Keeps one record of every call, and tells what they add up to. */
@Module({})
export class MetricsModule {
  static with(config: MetricsConfig): DynamicModule {
    return {
      module: MetricsModule,
      imports: [IdentityModule.with(config)],
      controllers: [CallsController, AggregatesController, ...prometheus(config)],
      providers: [
        ...provideDatabase(metricsDatabase),
        { provide: METRICS_CONFIG, useValue: config },
        {
          provide: QUEUE_BACKEND,
          inject: [PLATFORM_CONFIG, POSTGRES, LOGGER],
          useFactory: openQueueBackend,
        },
        CallsRepository,
        RollupsRepository,
        CallInstruments,
        RefusedRecords,
        CallWriter,
        CallQueue,
        CallIntake,
        QueueInstruments,
        AggregatesService,
        RetentionService,
      ],
    };
  }
}

const prometheus = (config: MetricsConfig) => {
  if (!config.ENABLE_METRICS) return [];
  return config.METRICS_SCRAPE_WITHOUT_TOKEN ? [OpenPrometheusController] : [PrometheusController];
};

/** On Redis where there is one, else in the database. */
const openQueueBackend = async (
  platform: PlatformConfig,
  postgres: PostgresLocation,
  logger: Logger,
): Promise<QueueBackend> => {
  const throttle = new LogThrottle(logger, 'a connection of the queue fails');
  const onError = (error: unknown): void => throttle.error(error);
  return platform.REDIS_URL === null
    ? openPostgresBackend(postgres, onError)
    : openRedisBackend(platform.REDIS_URL, onError);
};
