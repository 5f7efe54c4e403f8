import { Module } from '@nestjs/common';
import { JwtModule } from '../jwt/jwt.module.js';
import { UserModule } from '../users/user.module.js';
import { AccountStatusRepository } from './account-status.repository.js';
import { CallerController } from './caller.controller.js';
import { CallerService } from './caller.service.js';

/** Answers the other services' question who is calling, and what they may do. */
@Module({
  imports: [JwtModule, UserModule],
  controllers: [CallerController],
  providers: [AccountStatusRepository, CallerService],
  exports: [CallerService],
})
export class AdmissionModule {}
