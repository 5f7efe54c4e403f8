import { Module } from '@nestjs/common';
import { AccountEventController } from './account-event.controller.js';
import { AccountEventRepository } from './account-event.repository.js';
import { AccountEvents } from './account-events.service.js';

/** What happened to accounts: noted by who lets it happen, shown to their owners. */
@Module({
  controllers: [AccountEventController],
  providers: [AccountEventRepository, AccountEvents],
  exports: [AccountEvents],
})
export class AccountEventModule {}
