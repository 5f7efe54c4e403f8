import { Module } from '@nestjs/common';
import { PLATFORM_CONFIG, type PlatformConfig, Starting, mayPass } from '#libs/service';
import { POSTGRES, type PostgresLocation, redisTls } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { CallWriterService } from '../records/call-writer.service.js';
import { RecordsModule } from '../records/records.module.js';
import { CallQueueService } from './call-queue.service.js';
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

const openQueue = (
  starting: Starting,
  platform: PlatformConfig,
  postgres: PostgresLocation,
  writer: CallWriterService,
  logger: Logger,
): Promise<CallQueueService> => {
  const open = async (): Promise<CallQueueService> => {
    const queue = new CallQueueService(await openQueueBackend(platform, postgres, logger), writer, logger);
    try {
      await queue.ready();
      return queue;
    } catch (error) {
      await queue.beforeApplicationShutdown();
      throw error;
    }
  };
  return starting.untilDone(open, { what: 'The store of the queue', passes: mayPass });
};

/** The queue of batches between their intake and their writing. */
@Module({
  imports: [RecordsModule],
  providers: [
    {
      provide: CallQueueService,
      inject: [Starting, PLATFORM_CONFIG, POSTGRES, CallWriterService, LOGGER],
      useFactory: openQueue,
    },
  ],
  exports: [CallQueueService],
})
export class QueueModule {}
