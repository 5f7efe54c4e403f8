import { type INestApplicationContext, Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { TokenIssuer } from '../credential/token-issuer.js';
import { UserRepository } from '../storage/user.repository.js';
import { PlatformAdminSettings } from './platform-admin.js';

/** Tokens for whoever started the gateway on their own machine. */
@Injectable()
export class AdminToken {
  constructor(
    private readonly settings: PlatformAdminSettings,
    private readonly users: UserRepository,
    private readonly issuer: TokenIssuer,
  ) {}

  async issue(expiresInMs: number): Promise<string> {
    const user = await this.users.find(this.settings.email.toLowerCase());
    if (user === null || !user.isActive || !user.isAdmin) {
      throw fail('auth.credential_invalid', { message: 'The platform administrator was removed or disabled' });
    }
    const { token } = await this.issuer.issue({ user, use: 'api', expiresInMs, isAdmin: true, teams: null });
    return token;
  }
}

/** A token of the platform's administrator, from a process that runs auth. */
export const issueAdminToken = (application: INestApplicationContext, expiresInMs: number): Promise<string> =>
  application.get(AdminToken, { strict: false }).issue(expiresInMs);
