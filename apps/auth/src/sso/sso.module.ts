import { Module } from '@nestjs/common';
import { LoginModule } from '../login/login.module.js';
import { RoleModule } from '../roles/role.module.js';
import { TeamModule } from '../teams/team.module.js';
import { TokenModule } from '../tokens/token.module.js';
import { UpstreamCredentialModule } from '../upstream-credentials/upstream-credential.module.js';
import { UserModule } from '../users/user.module.js';
import { AccountService } from './accounts/account.service.js';
import { GrantsOfRules } from './accounts/grants-of-rules.js';
import { RolesOfRules } from './accounts/roles-of-rules.js';
import { TeamsOfRules } from './accounts/teams-of-rules.js';
import { IdentityRepository } from './accounts/identity.repository.js';
import { SignInFlow } from './flow/sign-in-flow.js';
import { SignedInCookie } from './flow/signed-in-cookie.js';
import { LogoutService } from './logout/logout.service.js';
import { BackChannelFace } from './logout/back-channel-face.js';
import { RelyingParty } from './protocol/relying-party.js';
import { ProviderController } from './providers/provider.controller.js';
import { ProviderRepository } from './providers/provider.repository.js';
import { ProviderService } from './providers/provider.service.js';
import { SsoController } from './sso.controller.js';

/** Signing in with the company's identity provider. */
@Module({
  imports: [LoginModule, RoleModule, TeamModule, TokenModule, UpstreamCredentialModule, UserModule],
  controllers: [ProviderController, SsoController],
  providers: [
    ProviderRepository,
    ProviderService,
    IdentityRepository,
    TeamsOfRules,
    RolesOfRules,
    GrantsOfRules,
    AccountService,
    RelyingParty,
    SignInFlow,
    SignedInCookie,
    LogoutService,
    BackChannelFace,
  ],
  exports: [ProviderService, SignInFlow, SignedInCookie],
})
export class SsoModule {}
