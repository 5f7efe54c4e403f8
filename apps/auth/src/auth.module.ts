import { type DynamicModule, Module } from '@nestjs/common';
import { IdentityModule } from '#libs/identity';
import { provideDatabase } from '#libs/storage';
import { LoginController } from './admin/login.controller.js';
import { TokenController } from './admin/token.controller.js';
import { TokenService } from './admin/token.service.js';
import { UserController } from './admin/user.controller.js';
import { UserService } from './admin/user.service.js';
import type { AuthConfig } from './auth.config.js';
import { PlatformAdmin, PlatformAdminSettings } from './bootstrap/platform-admin.js';
import { AdminToken } from './bootstrap/admin-token.js';
import { CallerPolicy, CallerService } from './credential/caller.service.js';
import { JwtCredential } from './credential/jwt.credential.js';
import { loadJwtKeys } from './credential/jwt.keys.js';
import { LoginPolicy, LoginService } from './credential/login.service.js';
import { PasswordHasher } from './credential/password.js';
import { RevocationService } from './credential/revocation.service.js';
import { TokenIssuer } from './credential/token-issuer.js';
import { CallerController } from './intake/caller.controller.js';
import { UpstreamCredentialController } from './intake/upstream-credential.controller.js';
import { ApiTokenRepository } from './storage/api-token.repository.js';
import { authDatabase } from './storage/auth.database.js';
import { StandingRepository } from './storage/standing.repository.js';
import { UpstreamCredentialRepository } from './storage/upstream-credential.repository.js';
import { UserRepository } from './storage/user.repository.js';
import { KeyRing, keyRingOf } from './upstream-credential/key-ring.js';
import { UpstreamCredentialService } from './upstream-credential/upstream-credential.service.js';

const MINUTE_MS = 60_000;

/** Who is calling, what they may do, and what is presented to upstreams. */
@Module({})
export class AuthModule {
  static with(config: AuthConfig): DynamicModule {
    return {
      module: AuthModule,
      imports: [IdentityModule.with(config)],
      controllers: [CallerController, UpstreamCredentialController, LoginController, TokenController, UserController],
      providers: [
        ...provideDatabase(authDatabase),
        ...settings(config),
        {
          provide: JwtCredential,
          useFactory: async () =>
            new JwtCredential(await loadJwtKeys(config), { issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE }),
        },
        { provide: KeyRing, useFactory: () => keyRingOf(config) },
        { provide: PasswordHasher, useFactory: () => new PasswordHasher() },
        UserRepository,
        ApiTokenRepository,
        StandingRepository,
        UpstreamCredentialRepository,
        TokenIssuer,
        CallerService,
        LoginService,
        RevocationService,
        TokenService,
        UserService,
        UpstreamCredentialService,
        PlatformAdmin,
        AdminToken,
      ],
    };
  }
}

const settings = (config: AuthConfig) => [
  { provide: CallerPolicy, useValue: new CallerPolicy(config.REQUIRE_USER_IN_DB) },
  {
    provide: LoginPolicy,
    useValue: new LoginPolicy(
      config.MAX_FAILED_LOGIN_ATTEMPTS,
      config.ACCOUNT_LOCKOUT_DURATION_MINUTES,
      config.TOKEN_EXPIRY * MINUTE_MS,
    ),
  },
  {
    provide: PlatformAdminSettings,
    useValue: new PlatformAdminSettings(config.PLATFORM_ADMIN_EMAIL, config.PLATFORM_ADMIN_PASSWORD),
  },
];
