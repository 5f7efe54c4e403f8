import { Module } from '@nestjs/common';
import { CallLogModule } from '../call-log/call-log.module.js';
import { CallSumsRepository } from './call-sums.repository.js';
import { ObservabilityController } from './observability.controller.js';
import { ObservabilityService } from './observability.service.js';

/** The routes of ContextForge for traces and durations. */
@Module({
  imports: [CallLogModule],
  controllers: [ObservabilityController],
  providers: [CallSumsRepository, ObservabilityService],
})
export class ObservabilityModule {}
