import { Module } from '@nestjs/common';
import { JwtModule } from '../jwt/jwt.module.js';
import { LoginModule } from '../login/login.module.js';
import { TokenModule } from '../tokens/token.module.js';
import { UserModule } from '../users/user.module.js';
import { ConsoleSessionController } from './console-session.controller.js';
import { ConsoleSessionService } from './console-session.service.js';

/** Logging in to the admin console. */
@Module({
  imports: [JwtModule, LoginModule, TokenModule, UserModule],
  controllers: [ConsoleSessionController],
  providers: [ConsoleSessionService],
  exports: [ConsoleSessionService],
})
export class ConsoleSessionModule {}
