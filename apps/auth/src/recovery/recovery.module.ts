import { Module } from '@nestjs/common';
import { AccountEventModule } from '../account-events/account-event.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UserModule } from '../users/user.module.js';
import { PasswordResetRepository } from './password-reset.repository.js';
import { RecoveryController } from './recovery.controller.js';
import { RecoveryService } from './recovery.service.js';

/** New passwords for who forgot theirs. */
@Module({
  imports: [AccountEventModule, MailModule, UserModule],
  controllers: [RecoveryController],
  providers: [PasswordResetRepository, RecoveryService],
})
export class RecoveryModule {}
