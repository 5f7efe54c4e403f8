import { Module } from '@nestjs/common';
import { JwtModule } from '../jwt/jwt.module.js';
import { StatusModule } from '../policy/status.module.js';
import { TeamModule } from '../teams/team.module.js';
import { UserModule } from '../users/user.module.js';
import { ServerTokensController } from './server-tokens.controller.js';
import { SessionController, UserSessionController } from './sessions/session.controller.js';
import { SessionService } from './sessions/session.service.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRecipients } from './token-recipient.js';
import { TokenController } from './token.controller.js';
import { TokenRepository } from './token.repository.js';
import { TokenService } from './token.service.js';

/** Tokens: issued, kept on record, revoked. */
@Module({
  imports: [JwtModule, StatusModule, TeamModule, UserModule],
  controllers: [ServerTokensController, TokenController, SessionController, UserSessionController],
  providers: [TokenRepository, TokenIssuer, TokenRecipients, TokenService, SessionService],
  exports: [TokenIssuer, TokenService, SessionService],
})
export class TokenModule {}
