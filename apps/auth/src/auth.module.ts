import { type DynamicModule, Module } from '@nestjs/common';
import { AccountEventModule } from './account-events/account-event.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AdmissionModule } from './admission/admission.module.js';
import { ConnectorModule } from './connectors/connector.module.js';
import { ConsoleSessionModule } from './console-session/console-session.module.js';
import type { AuthConfig } from './auth.config.js';
import { AuthorizationServerModule } from './authorization-server/authorization-server.module.js';
import { AUTH_SETTINGS, settingsOf } from './auth.settings.js';
import { MachineClientModule } from './machine-clients/machine-client.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { LoginModule } from './login/login.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { RoleModule } from './roles/role.module.js';
import { ScimModule } from './scim/scim.module.js';
import { SsoModule } from './sso/sso.module.js';
import { TeamModule } from './teams/team.module.js';
import { TokenModule } from './tokens/token.module.js';
import { UpstreamCredentialModule } from './upstream-credentials/upstream-credential.module.js';
import { UpstreamConsentModule } from './upstream-consent/upstream-consent.module.js';
import { UserModule } from './users/user.module.js';

/** The settings, for every feature of auth. */
@Module({})
class AuthFoundationModule {}

/** Who is calling, what they may do, and what is presented to upstreams. */
@Module({
  imports: [
    AdmissionModule,
    AuthorizationServerModule,
    LoginModule,
    ConsoleSessionModule,
    SsoModule,
    ScimModule,
    TokenModule,
    ConnectorModule,
    MachineClientModule,
    TeamModule,
    RoleModule,
    UserModule,
    AccountEventModule,
    RecoveryModule,
    UpstreamConsentModule,
    UpstreamCredentialModule,
    OperationsModule,
    AuditModule,
  ],
})
export class AuthModule {
  static with(config: AuthConfig): DynamicModule {
    const foundation: DynamicModule = {
      module: AuthFoundationModule,
      global: true,
      providers: [{ provide: AUTH_SETTINGS, useValue: settingsOf(config) }],
      exports: [AUTH_SETTINGS],
    };
    return { module: AuthModule, imports: [foundation] };
  }
}
