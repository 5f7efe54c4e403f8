import { Module } from '@nestjs/common';
import { PLATFORM_CONFIG, type PlatformConfig } from '#libs/service';
import { POSTGRES, type PostgresLocation, redisTls } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { RecordsModule } from '../records/records.module.js';
import { CallQueueService, QUEUE_BACKEND } from './call-queue.service.js';
import { LogThrottle } from './log-throttle.js';
import { type QueueBackend, openPostgresBackend, openRedisBackend } from './queue-backend.js';

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
    : openRedisBackend(platform.REDIS_URL, redisTls(platform), onError);
};

/** The queue of batches between their intake and their writing. */
@Module({
  imports: [RecordsModule],
  providers: [
    { provide: QUEUE_BACKEND, inject: [PLATFORM_CONFIG, POSTGRES, LOGGER], useFactory: openQueueBackend },
    CallQueueService,
  ],
  exports: [CallQueueService],
})
export class QueueModule {}
