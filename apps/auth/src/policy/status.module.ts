import { Module } from '@nestjs/common';
import { AccountStatusRepository } from './account-status.repository.js';
import { Tenures } from './tenure.js';
import { VouchedDomains } from './vouched-domains.js';

const STATUS = [AccountStatusRepository, Tenures, VouchedDomains];

/** What is on record about a user. */
@Module({ providers: STATUS, exports: STATUS })
export class StatusModule {}
