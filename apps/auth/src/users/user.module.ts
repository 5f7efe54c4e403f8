import { Module } from '@nestjs/common';
import { AccountEventModule } from '../account-events/account-event.module.js';
import { StatusModule } from '../policy/status.module.js';
import { LoginAttemptRepository } from './login-attempt.repository.js';
import { PasswordHasher } from './password.js';
import { PlatformAdmin } from './platform-admin.js';
import { AdminUserController, UserController } from './user.controller.js';
import { UserAuthority } from './user-authority.js';
import { UserRepository } from './user.repository.js';
import { UserService } from './user.service.js';

/** Who can have tokens and log in. */
@Module({
  imports: [StatusModule, AccountEventModule],
  controllers: [UserController, AdminUserController],
  providers: [UserRepository, LoginAttemptRepository, PasswordHasher, UserAuthority, UserService, PlatformAdmin],
  exports: [UserService],
})
export class UserModule {}
