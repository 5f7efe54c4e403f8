import { Module } from '@nestjs/common';
import { AccountStatusRepository } from './account-status.repository.js';

/** What is on record about a user. */
@Module({ providers: [AccountStatusRepository], exports: [AccountStatusRepository] })
export class StatusModule {}
