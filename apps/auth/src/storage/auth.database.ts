import { ApiToken } from './api-token.entity.js';
import { Accounts1763600000001 } from './migrations/0001-accounts.migration.js';
import { Revocation } from './revocation.entity.js';
import { UpstreamCredentialRow } from './upstream-credential.entity.js';
import { User } from './user.entity.js';

/** What auth keeps, and how its tables came about. */
export const authDatabase = {
  schema: 'auth',
  entities: [User, ApiToken, Revocation, UpstreamCredentialRow],
  migrations: [Accounts1763600000001],
} as const;
