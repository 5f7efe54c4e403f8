import { Module } from '@nestjs/common';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { JwtModule } from '../jwt/jwt.module.js';
import { UserModule } from '../users/user.module.js';
import { CallerController } from './caller.controller.js';
import { CallerService } from './caller.service.js';
import { StatusModule } from '../policy/status.module.js';

/** Answers the other services' question who is calling, and what they may do. */
@Module({
  imports: [EncryptionModule, JwtModule, StatusModule, UserModule],
  controllers: [CallerController],
  providers: [CallerService],
  exports: [CallerService],
})
export class AdmissionModule {}
