import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { JwtModule } from '../jwt/jwt.module.js';
import { StatusModule } from '../policy/status.module.js';
import { TeamModule } from '../teams/team.module.js';
import { UserModule } from '../users/user.module.js';
import { HandOverController } from './hand-over/hand-over.controller.js';
import { HandOverRepository } from './hand-over/hand-over.repository.js';
import { HandOverService } from './hand-over/hand-over.service.js';
import { ServerTokensController } from './server-tokens.controller.js';
import { SessionController, UserSessionController } from './sessions/session.controller.js';
import { SessionService } from './sessions/session.service.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRecipients } from './token-recipient.js';
import { TokenController } from './token.controller.js';
import { TokenRepository } from './token.repository.js';
import { TokenService } from './token.service.js';
import { TokenUsageController } from './usage/token-usage.controller.js';

/** Tokens: issued, kept on record, revoked. */
@Module({
  imports: [AuditModule, EncryptionModule, JwtModule, StatusModule, TeamModule, UserModule],
  controllers: [
    HandOverController,
    ServerTokensController,
    TokenController,
    SessionController,
    TokenUsageController,
    UserSessionController,
  ],
  providers: [
    HandOverRepository,
    HandOverService,
    TokenRepository,
    TokenIssuer,
    TokenRecipients,
    TokenService,
    SessionService,
  ],
  exports: [TokenIssuer, TokenService, SessionService],
})
export class TokenModule {}
