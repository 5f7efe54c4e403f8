import { Module } from '@nestjs/common';
import { AccountEventModule } from '../account-events/account-event.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { JwtModule } from '../jwt/jwt.module.js';
import { StatusModule } from '../policy/status.module.js';
import { TokenModule } from '../tokens/token.module.js';
import { UserModule } from '../users/user.module.js';
import { LoginController } from './login.controller.js';
import { LoginTrail } from './login-trail.js';
import { RegistrationService } from './registration.service.js';
import { LoginService } from './login.service.js';

/** Logging in by password, and out again. */
@Module({
  imports: [AccountEventModule, AuditModule, JwtModule, StatusModule, TokenModule, UserModule],
  controllers: [LoginController],
  providers: [LoginService, RegistrationService, LoginTrail],
  exports: [LoginService],
})
export class LoginModule {}
