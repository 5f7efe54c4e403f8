import { Module } from '@nestjs/common';
import { CallLogController } from './call-log.controller.js';
import { CallLogRepository } from './call-log.repository.js';
import { CallLogService } from './call-log.service.js';
import { ErasureRepository } from './erasure.repository.js';

/** Call records as people read them, and their erasure. */
@Module({ controllers: [CallLogController], providers: [CallLogRepository, CallLogService, ErasureRepository] })
export class CallLogModule {}
