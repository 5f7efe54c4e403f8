import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { RecordsModule } from '../records/records.module.js';
import { TapModule } from '../tap/tap.module.js';
import { CallIntakeService } from './call-intake.service.js';
import { CallsController } from './calls.controller.js';

/** Takes batches of call records in from the bus. */
@Module({
  imports: [QueueModule, RecordsModule, TapModule],
  controllers: [CallsController],
  providers: [CallIntakeService],
})
export class IntakeModule {}
