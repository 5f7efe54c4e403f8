import { Module } from '@nestjs/common';
import { LoginAttemptRepository } from './login-attempt.repository.js';
import { PasswordHasher } from './password.js';
import { PlatformAdmin } from './platform-admin.js';
import { AdminUserController, UserController } from './user.controller.js';
import { UserRepository } from './user.repository.js';
import { UserService } from './user.service.js';

/** Who can have tokens and log in. */
@Module({
  controllers: [UserController, AdminUserController],
  providers: [UserRepository, LoginAttemptRepository, PasswordHasher, UserService, PlatformAdmin],
  exports: [UserService],
})
export class UserModule {}
