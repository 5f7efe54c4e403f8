import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { CallLogController } from './call-log.controller.js';
import { CallLogRepository } from './call-log.repository.js';
import { CallLogService } from './call-log.service.js';
import { ErasureRepository } from './erasure.repository.js';
import { ErasureService } from './erasure.service.js';

/** Call records as people read them, and their erasure. */
@Module({
  imports: [AuditModule],
  controllers: [CallLogController],
  providers: [CallLogRepository, CallLogService, ErasureRepository, ErasureService],
  exports: [CallLogRepository],
})
export class CallLogModule {}
