import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { CallLogModule } from '../call-log/call-log.module.js';
import { LinesController } from './lines.controller.js';
import { LogLinesRepository } from './log-lines.repository.js';
import { LogsController } from './logs.controller.js';
import { LogsService } from './logs.service.js';

/** Lines of the log of all services, kept and shown. */
@Module({
  imports: [AuditModule, CallLogModule],
  controllers: [LinesController, LogsController],
  providers: [LogLinesRepository, LogsService],
  exports: [LogLinesRepository, LogsService],
})
export class LogsModule {}
