import { AccountEvent } from '../account-events/account-event.entity.js';
import { Artifact } from '../authorization-server/storage/artifact.entity.js';
import { MachineClient } from '../machine-clients/machine-client.entity.js';
import { Connector } from '../connectors/connector.entity.js';
import { PasswordReset } from '../recovery/password-reset.entity.js';
import { Invitation } from '../teams/invitations/invitation.entity.js';
import { JoinRequest } from '../teams/join-requests/join-request.entity.js';
import { SsoIdentity } from '../sso/accounts/identity.entity.js';
import { SsoProviderRow } from '../sso/providers/provider.entity.js';
import { Member } from '../teams/members/member.entity.js';
import { Assignment } from '../roles/assignments/assignment.entity.js';
import { Role } from '../roles/role.entity.js';
import { Team } from '../teams/team.entity.js';
import { Token } from '../tokens/token.entity.js';
import { Revocation } from '../tokens/revocation.entity.js';
import { UpstreamTokenRow } from '../upstream-credentials/oauth/upstream-token.entity.js';
import { UpstreamCredentialRow } from '../upstream-credentials/upstream-credential.entity.js';
import { User } from '../users/user.entity.js';
import { AuthorizationServer1764900000010 } from './migrations/0010-authorization-server.migration.js';
import { EndSsoIdentities1765300000014 } from './migrations/0014-end-sso-identities.migration.js';
import { Scim1765200000013 } from './migrations/0013-scim.migration.js';
import { Sso1765000000011 } from './migrations/0011-sso.migration.js';
import { UpstreamConsents1765100000012 } from './migrations/0012-upstream-consents.migration.js';
import { Connectors1765400000015 } from './migrations/0015-connectors.migration.js';
import { MoreConsent1765500000016 } from './migrations/0016-more-consent.migration.js';
import { ExchangedTokens1765600000017 } from './migrations/0017-exchanged-tokens.migration.js';
import { GivenTokens1765700000018 } from './migrations/0018-given-tokens.migration.js';
import { MachineClients1765800000019 } from './migrations/0019-machine-clients.migration.js';
import { WhoStandsBehind1765900000020 } from './migrations/0020-who-stands-behind.migration.js';
import { AuditTrail1764800000009 } from './migrations/0009-audit-trail.migration.js';
import { Accounts1763600000001 } from './migrations/0001-accounts.migration.js';
import { AccountRecovery1764100000006 } from './migrations/0006-account-recovery.migration.js';
import { LoginAttempts1763800000003 } from './migrations/0003-login-attempts.migration.js';
import { Roles1764000000005 } from './migrations/0005-roles.migration.js';
import { Teams1763900000004 } from './migrations/0004-teams.migration.js';
import { UpstreamTokens1764200000007 } from './migrations/0007-upstream-tokens.migration.js';
import { TokenRestrictions1764300000008 } from './migrations/0008-token-restrictions.migration.js';
import { TokensOnRecord1763700000002 } from './migrations/0002-tokens-on-record.migration.js';

/** What auth keeps, and how its tables came about. */
export const authDatabase = {
  schema: 'auth',
  entities: [
    User,
    Token,
    Revocation,
    UpstreamCredentialRow,
    UpstreamTokenRow,
    Team,
    Member,
    Invitation,
    JoinRequest,
    Role,
    Assignment,
    AccountEvent,
    PasswordReset,
    Artifact,
    SsoProviderRow,
    SsoIdentity,
    Connector,
    MachineClient,
  ],
  migrations: [
    Accounts1763600000001,
    TokensOnRecord1763700000002,
    LoginAttempts1763800000003,
    Teams1763900000004,
    Roles1764000000005,
    AccountRecovery1764100000006,
    UpstreamTokens1764200000007,
    TokenRestrictions1764300000008,
    AuditTrail1764800000009,
    AuthorizationServer1764900000010,
    Sso1765000000011,
    UpstreamConsents1765100000012,
    Scim1765200000013,
    EndSsoIdentities1765300000014,
    Connectors1765400000015,
    MoreConsent1765500000016,
    ExchangedTokens1765600000017,
    GivenTokens1765700000018,
    MachineClients1765800000019,
    WhoStandsBehind1765900000020,
  ],
} as const;
