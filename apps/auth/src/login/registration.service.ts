import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { VouchedDomains } from '../policy/vouched-domains.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import { TokenService } from '../tokens/token.service.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';
import type { RegisterBody } from './login.body.js';
import { LoginTrail } from './login-trail.js';

/** Accounts that people make themselves. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UserService,
    private readonly tokens: TokenService,
    private readonly trail: LoginTrail,
    private readonly vouched: VouchedDomains,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Makes the account that somebody asks for and logs them in. Throws `auth.not_offered` where accounts are made by
   * administrators, `http.conflict` for an address that is taken or for which somebody else speaks, `http.invalid` for a weak
   * password, `http.rate_limited` where the network address has to wait.
   */
  async register(
    { email, password, fullName = null }: RegisterBody,
    address: string,
  ): Promise<{ user: User; issued: IssuedToken }> {
    const { isRegistrationOpen, login: rule } = this.settings;
    if (!isRegistrationOpen)
      throw fail('auth.not_offered', { message: 'Accounts are made by administrators here; ask one of them' });
    await this.users.countAttempt(address, rule);
    if (await this.vouched.includes(email))
      throw fail('http.conflict', { message: 'Users of this domain sign in with their identity provider' });
    const user = await this.users.register(email, password, fullName);
    await this.trail.registered(user.email, address);
    this.logger.info({ principal: user.email, address }, 'a user registered');
    return { user, issued: await this.tokens.issueForSession(user, rule.tokenLifeMs) };
  }
}
