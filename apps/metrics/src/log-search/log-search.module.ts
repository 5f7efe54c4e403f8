import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { LogsModule } from '../logs/logs.module.js';
import { LogSearchController } from './log-search.controller.js';
import { LogSearchService } from './log-search.service.js';

/** The routes of ContextForge for logs. */
@Module({ imports: [AuditModule, LogsModule], controllers: [LogSearchController], providers: [LogSearchService] })
export class LogSearchModule {}
