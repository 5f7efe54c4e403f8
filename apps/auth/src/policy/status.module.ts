import { Module } from '@nestjs/common';
import { AccountStatusRepository } from './account-status.repository.js';
import { Tenures } from './tenure.js';

/** What is on record about a user. */
@Module({ providers: [AccountStatusRepository, Tenures], exports: [AccountStatusRepository, Tenures] })
export class StatusModule {}
