import { Module } from '@nestjs/common';
import { CallLogModule } from '../call-log/call-log.module.js';
import { CallSumsRepository } from './call-sums.repository.js';
import { ObservabilityController } from './observability.controller.js';
import { ObservabilityService } from './observability.service.js';
import { TokenCallsController } from './token-calls.controller.js';

/** The routes of ContextForge for traces and durations, and what its route for the use of a token asks. */
@Module({
  imports: [CallLogModule],
  controllers: [ObservabilityController, TokenCallsController],
  providers: [CallSumsRepository, ObservabilityService],
})
export class ObservabilityModule {}
