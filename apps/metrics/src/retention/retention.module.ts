import { Module } from '@nestjs/common';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

/** Deletes what need not be kept any longer. */
@Module({ providers: [RetentionRepository, RetentionService] })
export class RetentionModule {}
